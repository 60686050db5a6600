/** Account and region in which {@link Deployment} puts every resource. */
export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** One statement of a policy, with concrete ARNs. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  /** Missing in the trust policy of a role. */
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  /** Values by operator and key. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

/** A policy with concrete ARNs. */
export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

/** A policy, and where the template has it. */
export interface NamedPolicy {
  /** The logical id of the resource with the policy. */
  readonly name: string;
  readonly policy: PolicyDocument;
}

/** A template as `Template.toJSON` returns it. */
export interface TemplateJson {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }
    >
  >;
}

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

/** A key's id has a fixed form. */
const keyId = (name: string): string =>
  `0f1e2d3c-4b5a-6978-8796-${Buffer.from(name).toString('hex').slice(-12).padStart(12, '0')}`;

/** The ARNs of the resource types that policies refer to, by the name of the resource. */
const arns: Readonly<Record<string, (name: string) => string>> = {
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::KMS::Key': (name) => arn('kms', `key/${keyId(name)}`),
  'AWS::KinesisFirehose::DeliveryStream': (name) => arn('firehose', `deliverystream/${name}`),
  'AWS::Lambda::Function': (name) => arn('lambda', `function:${name}`),
  'AWS::Logs::LogGroup': (name) => arn('logs', `log-group:${name}:*`),
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::SNS::Topic': (name) => arn('sns', name),
  'AWS::SQS::Queue': (name) => arn('sqs', name),
};

/**
 * A template as if it were deployed: every resource has a concrete name and ARN, which depend on the template alone, and
 * every policy is the JSON that IAM would evaluate.
 */
export class Deployment {
  readonly stackName: string;
  private readonly template: TemplateJson;
  private readonly given: ReadonlyMap<string, PolicyDocument>;
  private foundPolicies: ReadonlyMap<string, NamedPolicy> | undefined;

  /** @param given the policies of resources that the template does not create, by ARN */
  constructor(
    stackName: string,
    template: TemplateJson,
    given: ReadonlyMap<string, PolicyDocument> = new Map(),
  ) {
    this.stackName = stackName;
    this.template = template;
    this.given = given;
    for (const id of this.idsOf('AWS::IAM::Role')) {
      const { ManagedPolicyArns, Policies } = template.Resources[id]?.Properties ?? {};
      // They would be missed here.
      if (ManagedPolicyArns !== undefined || Policies !== undefined) {
        throw new Error(`the role '${id}' has policies of its own, or some of AWS's`);
      }
    }
  }

  /** The logical ids of a type. */
  idsOf(type: string): string[] {
    return Object.entries(this.template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id]) => id);
  }

  /** The ARN of the one resource of a type whose logical id begins with these letters. */
  arnOf(type: string, prefix: string): string {
    const [id, ...others] = this.idsOf(type).filter((each) => each.startsWith(prefix));
    if (id === undefined || others.length > 0) throw new Error(`not exactly one ${type} ${prefix}`);
    return this.arnById(id);
  }

  /** The value of a resource's property, without CloudFormation's functions. */
  property(id: string, name: string): unknown {
    return this.resolve(this.template.Resources[id]?.Properties?.[name]);
  }

  /** The policies with which a role acts, including those that the CDK splits off. */
  identityPolicies(role: string): NamedPolicy[] {
    return this.policiesWhose((roles) => roles.some((name) => role.endsWith(`:role/${name}`)));
  }

  /** The policies that the stack attaches to no role, and whose logical ids begin with these letters. */
  unattachedPolicies(prefix: string): NamedPolicy[] {
    return this.policiesWhose((roles) => roles.length === 0).filter(({ name }) =>
      name.startsWith(prefix),
    );
  }

  /** The policies of both kinds. */
  allIdentityPolicies(): NamedPolicy[] {
    return this.policiesWhose(() => true);
  }

  private policiesWhose(isWanted: (roles: readonly string[]) => boolean): NamedPolicy[] {
    return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => this.idsOf(type))
      .filter((id) => isWanted(this.namesIn(id, 'Roles')))
      .map((id) => this.policyOf(id));
  }

  /** The policies of buckets, queues, topics, keys and roles, by the ARN of the resource. */
  get resourcePolicies(): ReadonlyMap<string, NamedPolicy> {
    this.foundPolicies ??= this.findResourcePolicies();
    return this.foundPolicies;
  }

  private findResourcePolicies(): Map<string, NamedPolicy> {
    const policies = new Map<string, NamedPolicy>(
      [...this.given].map(([name, policy]) => [name, { name, policy }]),
    );
    const add = (resources: readonly string[], id: string, property: string) => {
      const policy = this.property(id, property) as PolicyDocument;
      for (const each of resources) policies.set(each, { name: id, policy });
    };
    for (const id of this.idsOf('AWS::S3::BucketPolicy')) {
      add([`arn:aws:s3:::${this.property(id, 'Bucket')}`], id, 'PolicyDocument');
    }
    for (const id of this.idsOf('AWS::SQS::QueuePolicy')) {
      const names = this.namesIn(id, 'Queues').map((url) => url.split('/').at(-1));
      add(
        names.map((name) => arn('sqs', name ?? '')),
        id,
        'PolicyDocument',
      );
    }
    for (const id of this.idsOf('AWS::SNS::TopicPolicy')) {
      add(this.namesIn(id, 'Topics'), id, 'PolicyDocument');
    }
    for (const id of this.idsOf('AWS::KMS::Key')) add([this.arnById(id)], id, 'KeyPolicy');
    for (const id of this.idsOf('AWS::IAM::Role')) {
      add([this.arnById(id)], id, 'AssumeRolePolicyDocument');
    }
    return policies;
  }

  private policyOf(id: string): NamedPolicy {
    return { name: id, policy: this.property(id, 'PolicyDocument') as PolicyDocument };
  }

  private namesIn(id: string, property: string): string[] {
    return (this.property(id, property) ?? []) as string[];
  }

  private arnById(id: string): string {
    const type = this.template.Resources[id]?.Type ?? '';
    const toArn = arns[type];
    if (toArn === undefined) throw new Error(`a policy refers to '${id}', a '${type}'`);
    return toArn(this.nameOf(id));
  }

  private nameOf(id: string): string {
    const name = `${this.stackName}-${id}`;
    return this.template.Resources[id]?.Type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  }

  private reference(id: string): string {
    const pseudo: Record<string, string> = {
      'AWS::AccountId': ACCOUNT,
      'AWS::Partition': 'aws',
      'AWS::Region': REGION,
      'AWS::StackId': arn('cloudformation', `stack/${this.stackName}/0f1e2d3c`),
      'AWS::StackName': this.stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    const value = pseudo[id];
    if (value !== undefined) return value;
    const name = this.nameOf(id);
    switch (this.template.Resources[id]?.Type) {
      case 'AWS::SQS::Queue':
        return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
      case 'AWS::SNS::Topic':
        return this.arnById(id);
      case 'AWS::KMS::Key':
        return keyId(name);
      default:
        return name;
    }
  }

  private resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [[name = '', argument] = []]: [string?, unknown?][] = entries;
    if (entries.length !== 1 || !(name === 'Ref' || name.startsWith('Fn::'))) {
      return Object.fromEntries(entries.map(([key, each]) => [key, this.resolve(each)]));
    }
    return this.call(name, argument);
  }

  private call(name: string, argument: unknown): unknown {
    if (name === 'Ref') return this.reference(String(argument));
    if (name === 'Fn::GetAtt') {
      const [id, attribute] = argument as string[];
      if (attribute !== 'Arn') throw new Error(`a policy refers to '${id}.${attribute}'`);
      return this.arnById(id ?? '');
    }
    const [first, rest] = this.resolve(argument) as [unknown, string & string[]];
    switch (name) {
      case 'Fn::Join':
        return rest.join(String(first));
      case 'Fn::Split':
        return rest.split(String(first));
      case 'Fn::Select':
        return rest[Number(first)];
      default:
        throw new Error(`a policy calls ${name}`);
    }
  }
}
