// Reads YAML files of Kubernetes objects and says, a line each, what the API would not take:
//
//   node check-manifests.cjs FILE...          with the packages of package.json in NODE_PATH
//
// Each object becomes a literal of its kind's TypeScript interface, where the compiler refuses unknown fields and wrong
// types; then its kind's schema is asked for what types cannot say, such as whole numbers and formats.
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const ts = require("typescript");
const YAML = require("yaml");

// Kinds that are no part of Kubernetes come from packages of their own.
const extensions = {
  "cert-manager.io": "@kubernetes-models/cert-manager",
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

const modules = path.dirname(path.dirname(require.resolve("typescript/package.json")));

function moduleOf({ apiVersion, kind }) {
  const group = String(apiVersion).split("/")[0];
  const name = `${extensions[group] ?? "kubernetes-models"}/${apiVersion}/${kind}`;
  return fs.existsSync(path.join(modules, `${name}.d.ts`)) ? name : undefined;
}

const objects = process.argv.slice(2).flatMap((file) =>
  YAML.parseAllDocuments(fs.readFileSync(file, "utf8")).flatMap((document) => {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }
    const value = document.toJS();
    return value ? [{ file, value, title: `${file}: ${value.kind}/${value.metadata?.name}` }] : [];
  }),
);

function compile(known) {
  const lines = [];
  known.forEach((object, index) => {
    object.first = lines.length;
    lines.push(`import type { I${object.value.kind} as T${index} } from "${object.module}";`);
    lines.push(...`const o${index}: T${index} = ${JSON.stringify(object.value, null, 1)};`.split("\n"));
  });

  // The file exists in memory alone, beside the packages that it imports.
  const source = path.join(path.dirname(modules), "manifests.ts");
  const options = {
    strict: true, noEmit: true, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === source || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    name === source ? ts.createSourceFile(name, lines.join("\n"), options.target, true) : getSourceFile.call(host, name, ...rest);

  return ts.getPreEmitDiagnostics(ts.createProgram([source], options, host)).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
    if (diagnostic.file?.fileName !== source) {
      return message;
    }
    const line = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line;
    const { title } = known.findLast((object) => object.first <= line);
    return `${title}: ${lines[line].trim()} ${message}`;
  });
}

async function validate({ title, module, value }) {
  const model = (await import(pathToFileURL(path.join(modules, `${module}.js`))))[value.kind];
  try {
    new model(value).validate();
    return [];
  } catch (error) {
    return [`${title}: ${error.message.replaceAll("\n", " ")}`];
  }
}

async function main() {
  const problems = [];
  for (const object of objects) {
    object.module = moduleOf(object.value);
    if (!object.module) {
      problems.push(`${object.title}: no kind ${object.value.kind} in ${object.value.apiVersion}`);
    }
  }
  const known = objects.filter((object) => object.module);
  problems.push(...compile(known));
  problems.push(...(await Promise.all(known.map(validate))).flat());
  problems.forEach((problem) => console.log(problem));
  console.error(`${known.length} objects checked`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

main();
