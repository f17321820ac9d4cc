package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A place is the account and region that the provider is configured for, and the tags that all resources get.
type place struct {
	account, region string
	defaultTags     resource.PropertyMap
}

// accountVariable names the environment variable with the account that the credentials belong to. Without it, they
// belong to the account that the configuration allows.
const accountVariable = "ENGINE_ACCOUNT"

// placeOf reads the provider's configuration, and returns what the AWS provider would complain of.
func placeOf(config resource.PropertyMap) (place, string) {
	in := place{account: os.Getenv(accountVariable), region: os.Getenv("AWS_REGION")}
	if region := plainValue(config["region"]); region.IsString() {
		in.region = region.StringValue()
	}
	if tags := plainValue(config["defaultTags"]); tags.IsObject() {
		if tags := plainValue(tags.ObjectValue()["tags"]); tags.IsObject() {
			in.defaultTags = tags.ObjectValue()
		}
	}
	var allowed []string
	if accounts := plainValue(config["allowedAccountIds"]); accounts.IsArray() {
		for _, account := range accounts.ArrayValue() {
			if account := plainValue(account); account.IsString() {
				allowed = append(allowed, account.StringValue())
			}
		}
	}
	switch {
	case in.region == "":
		return in, "missing region configuration"
	case in.account == "" && len(allowed) == 0:
		in.account = "123456789012"
	case in.account == "":
		in.account = allowed[0]
	case len(allowed) > 0 && !slices.Contains(allowed, in.account):
		return in, "AWS account ID not allowed: " + in.account
	}
	return in, ""
}

// plainValue is a value without its secrecy. The engine sends what is not a string as JSON in a string.
func plainValue(value resource.PropertyValue) resource.PropertyValue {
	if value.IsSecret() {
		return plainValue(value.SecretValue().Element)
	}
	if value.IsString() && strings.ContainsAny(value.StringValue(), "[{") {
		var decoded any
		if json.Unmarshal([]byte(value.StringValue()), &decoded) == nil {
			return resource.NewPropertyValue(decoded)
		}
	}
	return value
}

// partition is the AWS partition that the region is in.
func (p place) partition() string {
	switch {
	case strings.HasPrefix(p.region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(p.region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}
