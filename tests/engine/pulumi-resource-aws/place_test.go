package main

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestPlaceOf(t *testing.T) {
	for _, test := range []struct {
		variable                           string
		config                             map[string]any
		account, region, partition, reason string
	}{
		{"", map[string]any{}, "", "", "aws", "missing region configuration"},
		{"", map[string]any{"region": "eu-west-1"}, "123456789012", "eu-west-1", "aws", ""},
		{"", map[string]any{"region": "cn-north-1"}, "123456789012", "cn-north-1", "aws-cn", ""},
		{
			"", map[string]any{"region": "us-gov-west-1", "allowedAccountIds": `["222222222222"]`},
			"222222222222", "us-gov-west-1", "aws-us-gov", "",
		},
		{
			"111111111111", map[string]any{"region": "eu-west-1", "allowedAccountIds": []any{"222222222222"}},
			"111111111111", "eu-west-1", "aws", "AWS account ID not allowed: 111111111111",
		},
	} {
		t.Setenv(accountVariable, test.variable)
		t.Setenv("AWS_REGION", "")
		in, reason := placeOf(resource.NewPropertyMapFromMap(test.config))
		if in.account != test.account || in.region != test.region || reason != test.reason {
			t.Errorf("%v: %v, %q", test.config, in, reason)
		}
		if in.partition() != test.partition {
			t.Errorf("%v: partition %s", test.config, in.partition())
		}
	}
}
