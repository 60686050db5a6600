/**
 * Replaces the SDK's `@aws-sdk/credential-provider-node` in the bundles (lib/functions/bundle.ts). A function
 * needs only one link of that chain, because Lambda puts the role's credentials into the environment. The other
 * links (SSO, profiles, STS) would make up a quarter of the bundle, which each cold start compiles.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 *
 * @module
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
