/** Lets the AWS clients that this process creates from now on reach a local S3 server: they read the environment. */
export function useS3Server(endpoint: string): void {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL_S3: endpoint,
  });
}
