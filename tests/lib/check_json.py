#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check every line of JSON output against the installed schema.

	check_json.py SCHEMA FILE...
	check_json.py --refuse SCHEMA FILE	not one line of it may pass

Prints "N records, N opening, N end" for all files together. Stricter than the
schema, which is open to what later versions add: a member that it does not
name is a fault here, and so is a name given twice.
"""
import json
import sys

import jsonschema

KINDS = {'trace': 'opening', 'end': 'end'}


def close(schema):
    """Forbid what is not named, in all objects of the schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get('properties'), dict) and schema.get('type') == 'object':
            schema.setdefault('additionalProperties', False)
        for value in schema.values():
            close(value)
    return schema


def make_validators(path):
    """One for each kind of line; they choose as the schema itself does."""
    with open(path) as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema, None)
    validator.check_schema(schema)
    closed = {'$defs': close(schema['$defs'])}
    return validator(schema), {name: validator({**closed, '$ref': '#/$defs/' + name})
                               for name in closed['$defs']}


def unique(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError('a name is given twice')
    return dict(pairs)


def refuse_constant(text):
    raise ValueError(text + ' is no JSON')


class Checker:
    def __init__(self, schema):
        self.whole, self.of_kind = make_validators(schema)
        self.counts = {'records': 0, 'opening': 0, 'end': 0}

    def check_line(self, line, is_sample):
        """Raises ValueError or ValidationError."""
        if not line.endswith('}\n') or line[0] != '{':
            raise ValueError('not one object a line')
        record = json.loads(line, object_pairs_hook=unique, parse_constant=refuse_constant)
        kind = KINDS.get(record.get('event'), 'records')
        self.of_kind[record['event'] if kind != 'records' else 'record'].validate(record)
        # The schema as it is must agree; it costs the same again.
        if kind != 'records' or is_sample:
            self.whole.validate(record)
        self.counts[kind] += 1

    def complaint(self, line, is_sample=True):
        """What is wrong with a line, or None."""
        try:
            self.check_line(line, is_sample)
        except (ValueError, jsonschema.ValidationError) as error:
            return str(getattr(error, 'message', error))
        return None

    def check_file(self, path):
        with open(path, encoding='utf-8', newline='\n') as file:
            for i, line in enumerate(file, 1):
                complaint = self.complaint(line, i % 100 == 1)
                if complaint:
                    sys.exit(f'{path}:{i}: {complaint}\n{line}')


def main():
    if sys.argv[1] == '--refuse':
        checker = Checker(sys.argv[2])
        with open(sys.argv[3], newline='\n') as file:
            accepted = [line for line in file if not checker.complaint(line)]
        sys.exit(f'accepted: {accepted}' if accepted else 0)
    checker = Checker(sys.argv[1])
    for path in sys.argv[2:]:
        checker.check_file(path)
    print(', '.join(f'{n} {kind}' for kind, n in checker.counts.items()))


main()
