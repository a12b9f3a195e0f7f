// Says, a line each, what is wrong with Dockerfiles by the rules of Docker's own language server:
//
//   node lint-dockerfiles.cjs FILE...         with the packages of package.json in NODE_PATH
const fs = require("node:fs");
const { validate } = require("dockerfile-utils");

const problems = process.argv.slice(2).flatMap((file) =>
  validate(fs.readFileSync(file, "utf8"), {}).map((problem) => `${file}:${problem.range.start.line + 1}: ${problem.message}`),
);
problems.forEach((problem) => console.log(problem));
process.exitCode = problems.length > 0 ? 1 : 0;
