import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';

/** The release of cfn-lint, and with it of the registry schemas of CloudFormation. */
export const CFN_LINT = 'cfn-lint==1.58.0';
const CHECKOV = 'checkov==3.3.30';

/** A report on several templates. */
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

const run = promisify(execFile);

/** Findings by the name of the template's file, each `<rule> <resource>`, sorted. */
export type Findings = ReadonlyMap<string, readonly string[]>;

interface Finding {
  readonly file: string;
  readonly rule: string;
  readonly resource: string;
}

/**
 * Has cfn-lint and checkov look at templates, whose files are installed the first time. Every level of
 * cfn-lint counts, also what is informational, but for one rule of style.
 *
 * @param files paths of JSON templates; their names differ
 * @throws {ArchiverError} where one of the two cannot be installed
 * @throws {Error} where one does not run, or cannot read a template
 */
export async function checkTemplates(files: readonly string[]): Promise<Findings> {
  const findings = (await Promise.all([runCfnLint(files), runCheckov(files)])).flat();
  const linesOf = (name: string) =>
    findings
      .filter(({ file }) => basename(file) === name)
      .map(({ rule, resource }) => `${rule} ${withoutHash(resource)}`)
      .sort();
  return new Map(files.map((file) => [basename(file), linesOf(basename(file))]));
}

/** A logical id without the hash that the CDK puts after it. */
function withoutHash(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '');
}

interface CfnLintMatch {
  readonly Filename: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

async function runCfnLint(files: readonly string[]): Promise<Finding[]> {
  const program = join(await providePythonPackage(CFN_LINT), 'cfn-lint');
  // I1022 would have values written another way, which is the CDK's own matter.
  const rules = ['--include-checks', 'I', '--ignore-checks', 'I1022'];
  // Findings are read from the report: no exit code is for them.
  const options = ['--format', 'json', ...rules, '--non-zero-exit-code', 'none'];
  const { stdout } = await run(program, [...options, '--', ...files], {
    maxBuffer: MAX_REPORT_BYTES,
  });
  const matches: readonly CfnLintMatch[] = JSON.parse(stdout);
  return matches.map(({ Filename, Location: { Path }, Rule }) => {
    const [section, id] = Path ?? [];
    const resource = section === 'Resources' ? String(id) : (Path ?? []).join('/');
    return { file: Filename, rule: Rule.Id, resource };
  });
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly {
      readonly file_path: string;
      readonly check_id: string;
      readonly resource: string;
    }[];
  };
  readonly summary: { readonly parsing_errors: number };
}

async function runCheckov(files: readonly string[]): Promise<Finding[]> {
  const program = join(await providePythonPackage(CHECKOV), 'checkov');
  // Without a download its own rules are all there; only links to their explanations are missing.
  const options = ['--framework', 'cloudformation', '--skip-download', '--soft-fail'];
  const output = ['--output', 'json', '--quiet', '--compact'];
  const { stdout } = await run(program, [...options, ...output, '--file', ...files], {
    maxBuffer: MAX_REPORT_BYTES,
  });
  const { results, summary }: CheckovReport = JSON.parse(stdout);
  // It leaves out a template that it cannot read, and would find nothing in it.
  if (summary.parsing_errors > 0) throw new Error('checkov cannot read every template');
  return results.failed_checks.map(({ check_id, file_path, resource }) => ({
    file: file_path,
    rule: check_id,
    // `AWS::S3::Bucket.ArchiveBucket`
    resource: resource.slice(resource.lastIndexOf('.') + 1),
  }));
}
