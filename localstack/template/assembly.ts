import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError } from '../../lib/errors.ts';
import { dependencyOrder } from './graph.ts';
import { isObject, type Json, type JsonObject, type Template } from './template.ts';

/** A file or a folder that the stacks refer to by bucket and key. */
export interface FileAsset {
  readonly hash: string;
  /** Absolute path of the file or the folder. */
  readonly source: string;
  readonly packaging: 'file' | 'zip';
  /** With `${AWS::AccountId}`, `${AWS::Region}` and `${AWS::Partition}` still in it. */
  readonly bucket: string;
  readonly key: string;
}

export interface Stack {
  /** Artifact id in the assembly, the app's own id of the stack. */
  readonly id: string;
  /** Name that CloudFormation would know it by. */
  readonly name: string;
  readonly template: Template;
  /** Ids of the stacks that must be there before. */
  readonly dependencies: readonly string[];
}

/** What `cdk synth` wrote, with the stacks in dependency order. */
export interface Assembly {
  readonly directory: string;
  readonly stacks: readonly Stack[];
  readonly assets: readonly FileAsset[];
}

interface Artifact {
  readonly type: string;
  readonly properties: JsonObject;
  readonly dependencies: readonly string[];
}

const SYNTHESISE = 'run `npx cdk synth` first (the local commands do it themselves)';

async function readJson(path: string): Promise<JsonObject> {
  let value: Json;
  try {
    value = JSON.parse(await readFile(path, 'utf8')) as Json;
  } catch (cause) {
    throw new MillraceError('MR401', 'a file of the synthesised app is missing or broken', {
      where: path,
      mend: 'remove cdk.out and synthesise again',
      cause,
    });
  }
  if (!isObject(value)) {
    throw new MillraceError('MR401', 'a file of the synthesised app is not a JSON object', {
      where: path,
      mend: 'remove cdk.out and synthesise again',
    });
  }
  return value;
}

function artifactOf(value: Json): Artifact {
  const object = isObject(value) ? value : {};
  const { type, properties, dependencies } = object;
  return {
    type: typeof type === 'string' ? type : '',
    properties: isObject(properties) ? properties : {},
    dependencies: Array.isArray(dependencies) ? dependencies.filter((id) => typeof id === 'string') : [],
  };
}

function text(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function fileAssets(directory: string, manifest: JsonObject): FileAsset[] {
  const files = isObject(manifest.files) ? manifest.files : {};
  return Object.entries(files).flatMap(([hash, file]) => {
    if (!isObject(file) || !isObject(file.source) || !isObject(file.destinations)) return [];
    const path = text(file.source.path, '');
    // The stack's own template is listed as an asset too; CloudFormation reads it, no resource does.
    if (path === '' || path.endsWith('.template.json')) return [];
    const packaging = file.source.packaging === 'zip' ? 'zip' : 'file';
    return Object.values(file.destinations).flatMap((destination) =>
      isObject(destination)
        ? [
            {
              hash,
              source: resolve(directory, path),
              packaging,
              bucket: text(destination.bucketName, ''),
              key: text(destination.objectKey, ''),
            } as const,
          ]
        : [],
    );
  });
}

/**
 * Reads a synthesised app.
 *
 * @param directory path of cdk.out
 * @throws MR400 no such folder, MR401 a broken file in it, MR402 stacks in a circle
 */
export async function readAssembly(directory: string): Promise<Assembly> {
  const manifestPath = join(directory, 'manifest.json');
  if (!existsSync(manifestPath)) {
    throw new MillraceError('MR400', 'there is no synthesised app to run', {
      where: resolve(directory),
      mend: SYNTHESISE,
    });
  }
  const manifest = await readJson(manifestPath);
  const artifacts = new Map(
    Object.entries(isObject(manifest.artifacts) ? manifest.artifacts : {}).map(([id, value]) => [
      id,
      artifactOf(value),
    ]),
  );

  const stacks = new Map<string, Stack>();
  const assets = new Map<string, FileAsset>();
  for (const [id, artifact] of artifacts) {
    if (artifact.type === 'aws:cloudformation:stack') {
      const template = await readJson(join(directory, text(artifact.properties.templateFile, '')));
      stacks.set(id, {
        id,
        name: text(artifact.properties.stackName, id),
        template: template as unknown as Template,
        dependencies: artifact.dependencies.filter(
          (other) => artifacts.get(other)?.type === 'aws:cloudformation:stack',
        ),
      });
    } else if (artifact.type === 'cdk:asset-manifest') {
      const file = await readJson(join(directory, text(artifact.properties.file, '')));
      for (const asset of fileAssets(directory, file)) assets.set(`${asset.bucket}/${asset.key}`, asset);
    }
  }
  const order = dependencyOrder(
    new Map([...stacks].map(([id, stack]) => [id, stack.dependencies])),
    'stacks',
  );
  return {
    directory: resolve(directory),
    stacks: order.flatMap((id) => stacks.get(id) ?? []),
    assets: [...assets.values()],
  };
}
