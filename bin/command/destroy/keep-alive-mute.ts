import {
  GetFunctionConfigurationCommand,
  type LambdaClient,
  PutFunctionConcurrencyCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';

/**
 * Has the stage's keep-alive invoked no more, whatever its schedules do.
 *
 * @returns milliseconds that an invocation which is under way may still take; 0 where there is no such function
 */
export async function muteKeepAlive(lambda: LambdaClient, stage: string): Promise<number> {
  const FunctionName = `millrace-${stage}-keep-alive`;
  try {
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    const { Timeout = 0 } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return Timeout * 1_000;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return 0;
    throw error;
  }
}
