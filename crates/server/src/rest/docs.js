// Shows the OpenAPI document: paths with their parameters and a form to try each, then the schemas.
"use strict";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const refName = (ref) => ref.slice(ref.lastIndexOf("/") + 1);

// A schema in a few words: `Lap`, `number | null`, `Array<Stint>`.
const typeOf = (schema) => {
  if (!schema) return "any";
  if (schema.$ref) return refName(schema.$ref);
  for (const key of ["oneOf", "anyOf", "allOf"]) if (schema[key]) return schema[key].map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array" || schema.items) return `Array<${typeOf(schema.items)}>`;
  return [schema.type ?? "any"].flat().join(" | ");
};

const row = (...cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));

const form = (path, parameters) => {
  const inputs = parameters.map((parameter) => [parameter, make("input", { placeholder: typeOf(parameter.schema) })]);
  const table = make("table", {}, ...inputs.map(([parameter, input]) =>
    row(make("code", { textContent: parameter.name }), input, parameter.description ?? "")));
  const output = make("pre", { hidden: true });
  const button = make("button", { textContent: "Try", type: "button" });
  button.onclick = async () => {
    let target = path;
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(parameter.name, input.value);
    }
    const url = query.size ? `${target}?${query}` : target;
    output.hidden = false;
    output.textContent = `GET ${url}\n…`;
    const response = await fetch(url);
    const text = await response.text();
    let body = text;
    try { body = JSON.stringify(JSON.parse(text), null, 1); } catch { /* not JSON: shown as it is */ }
    output.textContent = `GET ${url}\n${response.status}\n\n${body.slice(0, 20000)}`;
  };
  return make("div", {}, table, button, output);
};

const operation = (path, item) => {
  const get = item.get;
  const ok = get.responses?.["200"]?.content?.["application/json"]?.schema;
  return make("details", {},
    make("summary", {}, make("code", { textContent: path }), ` ${get.summary ?? ""}`),
    make("p", { textContent: get.description ?? "" }),
    make("p", { className: "dim", textContent: `Answers ${typeOf(ok)}` }),
    form(path, get.parameters ?? []));
};

const schema = (name, definition) => make("details", { id: name },
  make("summary", {}, make("code", { textContent: name }), ` ${(definition.description ?? "").split("\n")[0]}`),
  definition.properties
    ? make("table", {}, ...Object.entries(definition.properties).map(([member, type]) =>
      row(make("code", { textContent: member }), typeOf(type), type.description ?? "")))
    : make("pre", { textContent: JSON.stringify(definition, null, 1) }));

const show = async () => {
  const api = await (await fetch("/api/v1/openapi.json")).json();
  const about = document.getElementById("about");
  about.textContent = `${api.info.description} `;
  about.append(make("a", { href: "/api/v1/openapi.json", textContent: `OpenAPI ${api.openapi}` }), `, version ${api.info.version}.`);
  document.getElementById("paths").append(...Object.entries(api.paths).map(([path, item]) => operation(path, item)));
  document.getElementById("schemas").append(
    ...Object.entries(api.components.schemas).map(([name, definition]) => schema(name, definition)));
  const target = document.getElementById(location.hash.slice(1));
  if (target) { target.open = true; target.scrollIntoView(); }
};

show().catch((error) => { document.getElementById("about").textContent = `Cannot read the document: ${error}`; });
