/**
 * What stands in the bundles for the SDK's `@aws-sdk/credential-provider-node` (lib/functions/bundle.ts): of its chain
 * a function has one link, since Lambda gives the role's credentials in the environment. The others (SSO,
 * profiles, STS) are a quarter of a bundle, which each cold start would compile.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 *
 * @module
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
