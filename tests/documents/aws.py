"""Checks commands of the AWS CLI against botocore's models, which the CLI is made of.

Standard input: {"commands": [[word]]}. Standard output: a list with a text for each command: what is wrong with it, or "".
"""

import json
import re
import sys

import botocore.session
from botocore import xform_name

# Options of every command. Source: AWS CLI user guide, "Command line options in the AWS CLI".
WITH_VALUE = {"profile", "region", "output", "query", "endpoint-url", "color", "cli-input-json", "cli-read-timeout"}
WITHOUT_VALUE = {"debug", "no-paginate", "no-cli-pager", "no-verify-ssl", "no-sign-request"}
SESSION = botocore.session.get_session()


def named(shape):
    return {xform_name(name, "-"): (name, member) for name, member in shape.members.items()} if shape else {}


def value_problem(shape, value, path):
    """What is wrong with a value, in shorthand or JSON. A variable can be anything."""
    if value.startswith("$") or value.startswith("file://"):
        return None
    if value[:1] in "{[":
        try:
            return json_problem(shape, json.loads(value), path)
        except ValueError as error:
            return f"{path} is no JSON: {error}"
    if shape.type_name == "list" and shape.member.type_name in ("structure", "map"):
        return value_problem(shape.member, value, path)
    if shape.type_name == "list":
        problems = (value_problem(shape.member, part, path) for part in value.split(","))
        return next(filter(None, problems), None)
    if shape.type_name == "structure":
        # A comma begins another member if what follows has a =.
        for part in re.split(r",(?=[A-Za-z]+=)", value):
            name, equals, rest = part.partition("=")
            member = shape.members.get(name) or shape.members.get(name[:1].lower() + name[1:])
            if not equals or not member:
                return f"{path} has no member {name}"
            problem = value_problem(member, rest, f"{path}.{name}")
            if problem:
                return problem
        return None
    if shape.type_name in ("integer", "long") and not re.fullmatch(r"-?[0-9]+", value):
        return f"{path} is no number: {value}"
    if shape.type_name == "boolean" and value not in ("true", "false"):
        return f"{path} is neither true nor false: {value}"
    choices = getattr(shape, "enum", None)
    if choices and value not in choices:
        return f"{path} can't be {value}"
    return None


def json_problem(shape, value, path):
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name not in shape.members:
                return f"{path} has no member {name}"
            problem = json_problem(shape.members[name], inner, f"{path}.{name}")
            if problem:
                return problem
    if shape.type_name == "list" and isinstance(value, list):
        return next(filter(None, (json_problem(shape.member, inner, path) for inner in value)), None)
    return None


def problem(words):
    if len(words) < 3:
        return "it names no operation"
    _, service, operation, *rest = words
    if service not in SESSION.get_available_services():
        return f"{service} is no service"
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        return f"{service} has no operation {operation}"
    # Whoever only mentions a command does not say with what.
    if not rest:
        return ""
    shape = model.operation_model(operations[operation]).input_shape
    members = named(shape)
    given = set()
    while rest:
        option = rest.pop(0)
        if not option.startswith("--"):
            return f"{option} belongs to no option"
        option, equals, inline = option[2:].partition("=")
        values = [inline] if equals else []
        while not equals and rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        if option in WITHOUT_VALUE and not values or option in WITH_VALUE and len(values) == 1:
            continue
        positive = option.removeprefix("no-")
        name, member = members.get(option) or members.get(positive) or (None, None)
        if not member:
            return f"{operation} has no option --{option}"
        given.add(name)
        if member.type_name == "boolean":
            if values:
                return f"--{option} takes no value"
            continue
        if not values or (len(values) > 1 and member.type_name != "list"):
            return f"--{option} takes {'a value' if not values else 'one value'}"
        for value in values:
            found = value_problem(member, value, f"--{option}")
            if found:
                return found
    missing = [xform_name(name, "-") for name in (shape.required_members if shape else []) if name not in given]
    return f"--{missing[0]} is missing" if missing else ""


def main():
    json.dump([problem(words) for words in json.load(sys.stdin)["commands"]], sys.stdout)


main()
