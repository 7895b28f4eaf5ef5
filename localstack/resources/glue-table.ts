import {
  AlreadyExistsException,
  CreateTableCommand,
  type CreateTableCommandInput,
  type IcebergTableUpdate,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { isObject, type JsonObject } from '../template/template.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

function objectIn(properties: JsonObject, name: string): JsonObject | undefined {
  const value = properties[name];
  return isObject(value) ? value : undefined;
}

/** The description of an Iceberg table, whose member names CloudFormation and the Glue API share. */
function icebergTable(properties: JsonObject): { version: string; table: JsonObject } | undefined {
  const iceberg = objectIn(objectIn(properties, 'OpenTableFormatInput') ?? {}, 'IcebergInput');
  const table = objectIn(iceberg ?? {}, 'IcebergTableInput');
  if (iceberg === undefined || table === undefined) return undefined;
  return { version: String(iceberg.Version ?? '2'), table };
}

/** The CreateTable call that CloudFormation makes of a table resource. */
export function createTableInput(properties: JsonObject, logicalId: string): CreateTableCommandInput {
  const read = reader(properties, logicalId);
  const tableInput = read.object('TableInput');
  const name = read.optionalText('Name') ?? read.inside('TableInput').text('Name');
  const iceberg = icebergTable(properties);
  return {
    DatabaseName: read.text('DatabaseName'),
    Name: name,
    TableInput: { ...tableInput, Name: name } as unknown as TableInput,
    ...(iceberg === undefined
      ? {}
      : {
          OpenTableFormatInput: {
            IcebergInput: {
              MetadataOperation: 'CREATE',
              Version: iceberg.version,
              CreateIcebergTableInput: iceberg.table as unknown as NonNullable<
                NonNullable<CreateTableCommandInput['OpenTableFormatInput']>['IcebergInput']
              >['CreateIcebergTableInput'],
            },
          },
        }),
  };
}

/** The changes that bring an Iceberg table to its description: the API names the sort order otherwise than at creation. */
export function icebergUpdate(properties: JsonObject): IcebergTableUpdate | undefined {
  const iceberg = icebergTable(properties);
  if (iceberg === undefined) return undefined;
  const { WriteOrder, ...rest } = iceberg.table;
  return {
    ...rest,
    ...(WriteOrder === undefined ? {} : { SortOrder: WriteOrder }),
  } as unknown as IcebergTableUpdate;
}

/** AWS::Glue::Table: external tables, views, and Iceberg tables, whose metadata the catalog service writes. */
export const glueTable: Provider = {
  needs: ['aws', 's3'],
  async create(context, properties, logicalId, before) {
    const input = createTableInput(properties, logicalId);
    const made = { id: input.Name ?? '', attributes: {} };
    const { glue } = context.clients;
    try {
      await glue.send(new CreateTableCommand(input));
      return made;
    } catch (error) {
      if (!(error instanceof AlreadyExistsException)) throw error;
    }
    // As CloudFormation: what the template did not change is left as the jobs have it.
    if (JSON.stringify(before) === JSON.stringify(properties)) return made;
    const update = icebergUpdate(properties);
    await glue.send(
      new UpdateTableCommand({
        DatabaseName: input.DatabaseName,
        Name: input.Name,
        TableInput: input.TableInput,
        ...(update === undefined
          ? {}
          : {
              UpdateOpenTableFormatInput: {
                UpdateIcebergInput: { UpdateIcebergTableInput: { Updates: [update] } },
              },
            }),
      }),
    );
    context.log(`table ${made.id} brought up to date`);
    return made;
  },
};
