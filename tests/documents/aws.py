"""Commands of the AWS CLI, by botocore's models, which the CLI is made of.

With arguments it is the CLI, as `aws`: it sends the request and prints the answer as version 2 does.
Without, it only checks. Standard input: {"commands": [[word]]}. Standard output: a list with a text for each command: what is
wrong with it, or "".
"""

import datetime
import json
import pathlib
import re
import sys

import botocore.exceptions
import botocore.session
import jmespath
from botocore import xform_name

# Options of every command. Source: AWS CLI user guide, "Command line options in the AWS CLI".
WITH_VALUE = {"profile", "region", "output", "query", "endpoint-url", "color", "cli-read-timeout"}
WITHOUT_VALUE = {"debug", "no-paginate", "no-cli-pager", "no-verify-ssl", "no-sign-request"}
SESSION = botocore.session.get_session()


class Problem(Exception):
    """What is wrong with a command."""


class Unread(str):
    """A value that is known only when the command is run: a variable, or what is in a file."""


def parsed(shape, text, path):
    """A value, written in shorthand or JSON."""
    if text.startswith(("$", "file://")):
        return Unread(text)
    if text[:1] in "{[" and shape.type_name != "string":
        try:
            value = json.loads(text)
        except ValueError as error:
            raise Problem(f"{path} is no JSON: {error}") from error
        check_json(shape, value, path)
        return value
    if shape.type_name == "list" and shape.member.type_name in ("structure", "map"):
        return [parsed(shape.member, text, path)]
    if shape.type_name == "list":
        return [parsed(shape.member, part, path) for part in text.split(",")]
    if shape.type_name == "structure":
        value = {}
        # A comma begins another member if what follows has a =.
        for part in re.split(r",(?=[A-Za-z]+=)", text):
            given, equals, rest = part.partition("=")
            name = next((name for name in (given, given[:1].lower() + given[1:]) if name in shape.members), None)
            if not equals or not name:
                raise Problem(f"{path} has no member {given}")
            value[name] = parsed(shape.members[name], rest, f"{path}.{given}")
        return value
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?[0-9]+", text):
            raise Problem(f"{path} is no number: {text}")
        return int(text)
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            raise Problem(f"{path} is neither true nor false: {text}")
        return text == "true"
    choices = getattr(shape, "enum", None)
    if choices and text not in choices:
        raise Problem(f"{path} can't be {text}")
    return text


def check_json(shape, value, path):
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name not in shape.members:
                raise Problem(f"{path} has no member {name}")
            check_json(shape.members[name], inner, f"{path}.{name}")
    if shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            check_json(shape.member, inner, path)


def understood(words):
    """Service, operation, its input, and the options of every command that a command gives."""
    if len(words) < 2:
        raise Problem("it names no operation")
    service, operation, *rest = words
    if service not in SESSION.get_available_services():
        raise Problem(f"{service} is no service")
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        raise Problem(f"{service} has no operation {operation}")
    shape = model.operation_model(operations[operation]).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()} if shape else {}
    given, others = {}, {}
    while rest:
        option = rest.pop(0)
        if not option.startswith("--"):
            raise Problem(f"{option} belongs to no option")
        option, equals, inline = option[2:].partition("=")
        values = [inline] if equals else []
        while not equals and rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        if option in WITHOUT_VALUE and not values or option in WITH_VALUE and len(values) == 1:
            others[option] = values[0] if values else True
            continue
        name, member = members.get(option) or members.get(option.removeprefix("no-")) or (None, None)
        if not member:
            raise Problem(f"{operation} has no option --{option}")
        if member.type_name == "boolean":
            if values:
                raise Problem(f"--{option} takes no value")
            given[name] = option in members
            continue
        if not values or (len(values) > 1 and member.type_name != "list"):
            raise Problem(f"--{option} takes {'a value' if not values else 'one value'}")
        values = [parsed(member, value, f"--{option}") for value in values]
        given[name] = values[0] if len(values) == 1 else [inner for value in values for inner in value]
    missing = [xform_name(name, "-") for name in (shape.required_members if shape else []) if name not in given]
    # Whoever only mentions a command does not say with what.
    if missing and len(words) > 2:
        raise Problem(f"--{missing[0]} is missing")
    return service, operation, given, others


def problem(words):
    try:
        understood(words[1:])
    except Problem as found:
        return str(found)
    return ""


def run(words):
    """What a command prints."""
    service, operation, given, others = understood(words)
    for name, value in given.items():
        if isinstance(value, Unread):
            given[name] = pathlib.Path(value.removeprefix("file://")).read_text(encoding="utf-8")
    method = xform_name(operation.replace("-", "_"))
    client = SESSION.create_client(service, region_name=others.get("region"), endpoint_url=others.get("endpoint-url"))
    if client.can_paginate(method) and "no-paginate" not in others:
        answer = client.get_paginator(method).paginate(**given).build_full_result()
    else:
        answer = getattr(client, method)(**given)
    answer.pop("ResponseMetadata", None)
    if "query" in others:
        answer = jmespath.search(others["query"], answer)
    if others.get("output") == "text":
        return answer if isinstance(answer, str) else "\t".join(map(str, answer))
    # Version 2 prints times so ("cli_timestamp_format", AWS CLI user guide).
    times = {datetime.datetime: datetime.datetime.isoformat}
    return json.dumps(answer, indent=4, default=lambda value: times[type(value)](value)) if answer else ""


def main():
    if len(sys.argv) == 1:
        json.dump([problem(words) for words in json.load(sys.stdin)["commands"]], sys.stdout)
        return
    try:
        print(run(sys.argv[1:]))
    except (Problem, botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        sys.exit(f"aws: {error}")


main()
