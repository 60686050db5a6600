import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ArchiveStack } from '../lib/archive-stack.ts';
import { parseSettings, type StackSettings } from '../lib/settings/settings.ts';

/** The CDK app of `cdk.json`. */
export const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const settings = settingsOrExit();
new ArchiveStack(app, settings.stackName, { settings });

/** The settings in the CDK context. If they are invalid, the process prints only the message and exits. */
function settingsOrExit(): StackSettings {
  try {
    return parseSettings(app.node.getAllContext(), { now: new Date() });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
