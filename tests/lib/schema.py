# SPDX-License-Identifier: BSD-2-Clause
"""Values against the schemas of openapi.yaml, stricter than they say: a field
that is not described is a fault, too."""
import re

TYPES = {"string": str, "integer": int, "boolean": bool, "array": list,
         "object": dict, "number": (int, float)}


class Schemas:
    def __init__(self, doc):
        self.doc = doc

    def at(self, node):
        """Without references and allOf."""
        while "$ref" in node:
            ref, node = node["$ref"], self.doc
            for part in ref[2:].split("/"):
                node = node[part]
        if "allOf" not in node:
            return node
        fields = {}
        for part in node["allOf"]:
            fields.update(self.at(part)["properties"])
        return {"type": "object", "properties": fields}

    def faults(self, node, value, where=""):
        """Yields sentences."""
        node = self.at(node)
        kind = TYPES.get(node.get("type"), object)
        if value is None and node.get("nullable"):
            return
        if not isinstance(value, kind) or \
                (kind is int and isinstance(value, bool)):
            yield f"{where}: {value!r} is no {node.get('type')}"
        elif isinstance(value, dict):
            yield from self.object_faults(node, value, where)
        elif isinstance(value, list):
            for v in value:
                yield from self.faults(node.get("items", {}), v, where + "[]")
        elif value not in node.get("enum", [value]):
            yield f"{where}: {value!r} is none of {node['enum']}"
        elif "pattern" in node and not re.search(node["pattern"], value):
            yield f"{where}: {value!r} is not {node['pattern']}"

    def object_faults(self, node, value, where):
        for name in node.get("required", ()):
            if name not in value:
                yield f"{where}.{name} is missing"
        fields = node.get("properties")
        for name, v in value.items():
            if fields is not None and name not in fields:
                yield f"{where}.{name} is not described"
            elif fields is not None:
                yield from self.faults(fields[name], v, f"{where}.{name}")
