import { CfnRegistry, CfnSchema, CfnSchemaVersion } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import { definitionsOf, nextHistory } from '../contract/registered-schemas.ts';
import type { Releases } from '../contract/release.ts';
import { MillraceError } from '../errors.ts';
import type { Stage } from '../stages.ts';
import { logicalName } from './logical-name.ts';
import { stateful } from './removal.ts';

/** The longest definition that the Glue Schema Registry takes. */
const mostCharacters = 170_000;

export interface SchemaCatalogueProps {
  readonly stage: Stage;
  readonly manifests: readonly Manifest[];
  /** What is deployed of the datasets, by name. A dataset that has no release registers what it is. */
  readonly releases: Releases;
}

/**
 * The stage's schema registry: a schema for each topic, named as the topic is, and all of its versions. It is where
 * producers and consumers look a schema up; records carry no id of one.
 *
 * @throws MillraceError MR205 for a schema longer than the registry takes
 */
export class SchemaCatalogue extends Construct {
  private readonly registry: CfnRegistry;

  constructor(scope: Construct, id: string, { stage, manifests, releases }: SchemaCatalogueProps) {
    super(scope, id);
    this.registry = new CfnRegistry(this, 'Registry', {
      name: `millrace-${stage.name}`,
      description: `Schemas of the topics of stage ${stage.name}`,
    });
    stateful(this.registry, 'Registry', stage);
    for (const manifest of manifests) {
      const { topic, publish, windows, dataset } = manifest;
      const history = nextHistory(manifest, releases[dataset]?.schemas);
      const published = [publish, ...windows.map((window) => window.publish)];
      for (const name of [topic.name, ...published.flatMap((one) => (one === null ? [] : [one.topic]))])
        this.schema(stage, name, definitionsOf(history[name] ?? []));
    }
  }

  private schema(stage: Stage, topic: string, definitions: readonly string[]): void {
    for (const definition of definitions) checkLength(topic, definition);
    const [first, ...later] = definitions;
    if (first === undefined) return;
    const name = logicalName(topic);
    const schema = new CfnSchema(this, topic, {
      registry: { arn: this.registry.attrArn },
      name: topic,
      description: `Values of topic ${topic}`,
      dataFormat: 'JSON',
      // Contracts are held to their releases at synth (lib/contract/compatibility.ts). The registry's own check of
      // JSON is documented nowhere, and known to refuse an optional field, which is the change that contracts make.
      compatibility: 'NONE',
      schemaDefinition: first,
    });
    stateful(schema, `Schema${name}`, stage);
    let previous: CfnSchema | CfnSchemaVersion = schema;
    for (const [index, schemaDefinition] of later.entries()) {
      const version = index + 2;
      const next: CfnSchemaVersion = new CfnSchemaVersion(this, `${topic}-${version}`, {
        schema: { schemaArn: schema.attrArn },
        schemaDefinition,
      });
      stateful(next, `Schema${name}Version${version}`, stage);
      // The registry numbers versions as they come.
      next.addResourceDependency(previous);
      previous = next;
    }
  }
}

function checkLength(topic: string, definition: string): void {
  if (definition.length <= mostCharacters) return;
  throw new MillraceError(
    'MR205',
    `the schema has ${definition.length} characters, and the registry takes ${mostCharacters}`,
    { where: `topic ${topic}`, mend: 'declare fewer fields, or say less of each in its description' },
  );
}
