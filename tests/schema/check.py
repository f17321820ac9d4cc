"""Checks documents against a JSON schema: reads {"schema": …, "documents": […]} and writes what each lacks, a list of lists."""

import json
import sys

import jsonschema

task = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(task["schema"])
validator = jsonschema.Draft202012Validator(task["schema"])
json.dump([[error.message for error in validator.iter_errors(document)] for document in task["documents"]], sys.stdout)
