import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import { addMillrace, type MillraceStacks, millraceApp } from '../../lib/stacks/millrace.ts';
import { type Stage, type StageName, stageOf } from '../../lib/stages.ts';
import { scratchFolder } from './scratch.ts';

/** A resource as a template says it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}

export interface Synthesised {
  readonly stacks: MillraceStacks;
  readonly manifests: readonly Manifest[];
  /** Of the stacks that there are. */
  readonly templates: { readonly [Stack in keyof MillraceStacks]: Template };
  /** Folder of the cloud assembly. */
  readonly assembly: string;
}

/** A folder of jars that are none: synth reads their names and bytes only. */
export function jarsOfNothing(): string {
  const folder = scratchFolder();
  for (const name of ['kafka-clients-3.9.1.jar', 'aws-msk-iam-auth-2.3.7-all.jar'])
    writeFileSync(join(folder, name), name);
  return folder;
}

/** Synthesises every dataset for a stage, as bin/app.ts does, and more of them. */
export async function synthesised(name: StageName, more: readonly Manifest[] = []): Promise<Synthesised> {
  return synthesisedAs(stageOf(name), more);
}

/** The same of a stage with other settings. */
export async function synthesisedAs(stage: Stage, more: readonly Manifest[] = []): Promise<Synthesised> {
  process.env.MILLRACE_JARS_AWS = jarsOfNothing();
  const assembly = scratchFolder();
  const app = millraceApp({ outdir: assembly });
  const manifests = [...(await allDatasets()).map(({ manifest }) => manifest), ...more];
  const stacks = addMillrace(app, { stage, manifests });
  app.synth();
  return {
    stacks,
    manifests,
    assembly,
    templates: {
      Alerts: Template.fromStack(stacks.Alerts),
      Network: Template.fromStack(stacks.Network),
      Stream: Template.fromStack(stacks.Stream),
      Lake: Template.fromStack(stacks.Lake),
      Ingest: Template.fromStack(stacks.Ingest),
      Process: Template.fromStack(stacks.Process),
      Analytics: Template.fromStack(stacks.Analytics),
      ...(stacks.Replica === undefined ? {} : { Replica: Template.fromStack(stacks.Replica) }),
    },
  };
}

/** Every resource of a template, by logical id. */
export function resourcesOf(template: Template): Readonly<Record<string, TemplateResource>> {
  return (template.toJSON() as { Resources: Record<string, TemplateResource> }).Resources;
}
