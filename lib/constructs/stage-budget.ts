import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** The tag that a stage's costs are known by: its value is the stage's name. */
export const costTag = 'millrace';

/** Shares of the month's budget, in percent, that are told: spent, or foreseen. */
const told = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'ACTUAL', threshold: 100 },
  { notificationType: 'FORECASTED', threshold: 100 },
] as const;

export interface StageBudgetProps {
  readonly stage: Stage;
  readonly topicArn: string;
}

/**
 * The stage's cost of a month, by its tag, told through the topic of the alarms. It sees nothing until the tag is
 * activated for cost allocation: see docs/operations.md.
 */
export class StageBudget extends Construct {
  constructor(scope: Construct, id: string, { stage, topicArn }: StageBudgetProps) {
    super(scope, id);
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `millrace-${stage.name}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: stage.budget.usdPerMonth, unit: 'USD' },
        // `user:` is how the service writes tags that the account set itself.
        costFilters: { TagKeyValue: [`user:${costTag}$${stage.name}`] },
      },
      notificationsWithSubscribers: told.map((one) => ({
        notification: { ...one, comparisonOperator: 'GREATER_THAN', thresholdType: 'PERCENTAGE' },
        subscribers: [{ subscriptionType: 'SNS', address: topicArn }],
      })),
    });
    budget.overrideLogicalId('Budget');
  }
}
