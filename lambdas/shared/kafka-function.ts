import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { MillraceError } from '../../lib/errors.ts';
import type { Answers, Request } from '../kafka-access/request.ts';

type Asked<K extends Request['ask']> = Extract<Request, { readonly ask: K }>;

/** The function beside the brokers (lambdas/kafka-access), which speaks to them for the commands. */
export interface KafkaFunction {
  /** @throws MillraceError MR601: no answer, of the function or of the brokers */
  ask<K extends Request['ask']>(request: Asked<K>): Promise<Answers[K]>;
}

export function kafkaFunction(client: LambdaClient, stage: string): KafkaFunction {
  const name = `millrace-${stage}-kafka-access`;
  return {
    async ask<K extends Request['ask']>(request: Asked<K>): Promise<Answers[K]> {
      const answer = await client
        .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(request) }))
        .catch((cause: unknown) => {
          throw noAnswer(name, cause instanceof Error ? cause.message : String(cause), cause);
        });
      const payload = answer.Payload?.transformToString() ?? 'null';
      if (answer.FunctionError !== undefined) throw noAnswer(name, messageIn(payload));
      return JSON.parse(payload) as Answers[K];
    },
  };
}

function messageIn(payload: string): string {
  const { errorMessage = payload } = JSON.parse(payload) as { readonly errorMessage?: string };
  return errorMessage;
}

function noAnswer(name: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('MR601', `Kafka did not answer: ${why}`, {
    where: `function ${name}`,
    mend: 'see `npx millrace status` and `npx millrace logs kafka`; with --stage, whether the Ingest stack is deployed and may be invoked',
    cause,
  });
}
