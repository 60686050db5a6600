// Loaded before the app and the command line, in JavaScript that any Node can read: on an older Node they
// would fail with a stack trace that names nothing a user can act on.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `msk-s3-archiver needs Node 22.18 or later, but this is ${process.versions.node}: install a newer Node; in a clone, npm ci installs one for npx and npm run`,
  );
  process.exit(1);
}
