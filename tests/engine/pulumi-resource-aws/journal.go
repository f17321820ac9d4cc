package main

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// journalVariable names the environment variable with the file that operations are noted in.
const journalVariable = "ENGINE_JOURNAL"

// note appends an operation on a resource to the journal, a line of JSON, before the engine hears that it is done: so
// the lines are in the order in which the engine worked.
func note(operation string, urn resource.URN) error {
	path := os.Getenv(journalVariable)
	if path == "" {
		return nil
	}
	line, err := json.Marshal(map[string]string{"operation": operation, "urn": string(urn)})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Close()
}
