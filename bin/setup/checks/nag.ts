/**
 * The rules of cdk-nag (AwsSolutions and NIST 800-53 rev. 5) on every variant. A finding that lib/stacks/acknowledgements.ts
 * does not acknowledge fails, and so does an acknowledgement of what is not found in any variant. The templates stay in
 * .millrace/checks/cfn-templates, with those that are written by hand, for the checks that read templates.
 */
import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CfnResource } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { acknowledgements } from '../../../lib/stacks/acknowledgements.ts';
import { type Finding, judged } from './findings.ts';
import { synthesisedVariant } from './synthesis.ts';
import { variantNames } from './variants.ts';

/** `AwsSolutions-IAM5[Resource::*]` */
const named = /^(?<rule>[^[]+)(?:\[(?<detail>.*)\])?$/s;

/** What both packs find below a construct, once it is synthesised: aspects have done their work by then. */
export function findingsOf(scope: IConstruct): Finding[] {
  const resources = new Map(
    scope.node
      .findAll()
      .filter((node) => CfnResource.isCfnResource(node))
      .map((node) => [node.node.path, node]),
  );
  return [new AwsSolutionsChecks(scope), new NIST80053R5Checks(scope)].flatMap((pack) =>
    pack.validateScope(scope).violations.flatMap(({ ruleName, description, violatingResources }) => {
      const { rule = ruleName, detail = '' } = named.exec(ruleName)?.groups ?? {};
      return violatingResources.map(({ constructPath: path = '' }) => ({
        rule,
        detail,
        path,
        type: resources.get(path)?.cfnResourceType ?? '',
        text: description,
      }));
    }),
  );
}

const folder = resolve('.millrace', 'checks');
const templates = join(folder, 'cfn-templates');
/** Templates that no stack makes. */
const writtenByHand = ['.github/oidc-role.yaml'];

/** Template files of an assembly, without its assets. */
function copyTemplates(assembly: string, to: string): void {
  cpSync(assembly, to, {
    recursive: true,
    filter: (file) => file === assembly || file.endsWith('.template.json'),
  });
}

async function main(): Promise<number> {
  const all: Finding[] = [];
  rmSync(folder, { recursive: true, force: true });
  for (const name of variantNames) {
    const assembly = join(folder, 'assemblies', name);
    const { app } = await synthesisedVariant(name, assembly);
    copyTemplates(assembly, join(templates, name));
    const findings = findingsOf(app);
    const { open } = judged(findings, acknowledgements);
    console.log(`${name}: ${findings.length - open.length} findings acknowledged, ${open.length} open`);
    for (const { rule, detail, path, type, text } of open)
      console.log(`  ${rule}${detail === '' ? '' : `[${detail}]`}\n    ${path} (${type}): ${text}`);
    all.push(...findings);
  }
  for (const file of writtenByHand) copyFileSync(file, join(templates, basename(file)));
  const { open, unused } = judged(all, acknowledgements);
  for (const { rule, detail, path } of unused)
    console.log(`acknowledged, and not found any more: ${rule} ${detail?.source ?? ''} ${path.source}`);
  if (open.length + unused.length === 0) return 0;
  console.log(
    'MR330: mend what is open, or acknowledge it with its reason in lib/stacks/acknowledgements.ts; take out what is not found any more',
  );
  return 1;
}

if (import.meta.main) process.exitCode = await main();
