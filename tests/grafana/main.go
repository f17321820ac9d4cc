// Decodes dashboards by Grafana's own schemas: each field, panel option and query of a known type, all that are required,
// nothing else.
//
// Standard input is an object of dashboards by name; what is wrong with them is written to standard output, a line each.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	var documents map[string]json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&documents); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, document := range documents {
		var decoded dashboard.Dashboard
		report(name, decoded.UnmarshalJSONStrict(document))
		report(name, decoded.Validate())
	}
}

// The library answers with an empty list of errors where there is none.
func report(name string, err error) {
	if err != nil && err.Error() != "" {
		fmt.Printf("%s: %s\n", name, err)
	}
}
