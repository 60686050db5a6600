"""Checks resources of templates as parameters of the API calls that CloudFormation makes for them.

Reads {template: {logical id: {"Type", "Properties"}}} with resolved references from standard input, and writes
the mistakes as a list of [template, logical id, message]. botocore checks names, types, required members and
minima by the service's model; maxima and enumerations, which botocore leaves to the service, are checked here.
A property without a rule below goes into the call under its own name, so that the model decides.
"""

import json
import sys

import botocore.session
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()
MODELS = {}


def take(properties, *names):
    """Removes properties, for a call of their own, and returns those that exist."""
    return {name: properties.pop(name) for name in names if name in properties}


def rename(properties, **names):
    """Moves properties to the call's names."""
    for old, new in names.items():
        if old in properties:
            properties[new] = properties.pop(old)
    return properties


def named(properties, **names):
    """Adds names, which CloudFormation would generate."""
    return {**names, **properties}


def tag_map(properties, name="Tags"):
    if "Tags" in properties:
        properties[name] = {tag["Key"]: tag["Value"] for tag in properties.pop("Tags")}
    return properties


def camel(value):
    """Members of CloudWatch Logs begin with a small letter."""
    return {name[0].lower() + name[1:]: each for name, each in value.items()}


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def attributes(properties, *names):
    """SNS and SQS take these as a map of texts."""
    return {name: text(each) for name, each in take(properties, *names).items()}


def bucket(properties):
    name = properties.setdefault("BucketName", "stack-bucket-0123456789ab")
    calls = []

    def put(operation, member, value):
        calls.append(("s3", operation, {"Bucket": name, member: value}))

    part = take(
        properties,
        "BucketEncryption", "LifecycleConfiguration", "LoggingConfiguration", "NotificationConfiguration",
        "ObjectLockConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration", "Tags",
        "VersioningConfiguration",
    )  # fmt: skip
    for member, value in part.items():
        if member == "BucketEncryption":
            value = rename(value, ServerSideEncryptionConfiguration="Rules")
            for rule in value.get("Rules", []):
                rename(rule, ServerSideEncryptionByDefault="ApplyServerSideEncryptionByDefault")
            put("PutBucketEncryption", "ServerSideEncryptionConfiguration", value)
        elif member == "LifecycleConfiguration":
            value["Rules"] = [lifecycle_rule(rule) for rule in value["Rules"]]
            put("PutBucketLifecycleConfiguration", member, value)
        elif member == "LoggingConfiguration":
            value = rename(value, DestinationBucketName="TargetBucket", LogFilePrefix="TargetPrefix")
            put("PutBucketLogging", "BucketLoggingStatus", {"LoggingEnabled": value})
        elif member == "NotificationConfiguration":
            for queue in value.get("QueueConfigurations", []):
                rename(queue, Queue="QueueArn", Event="Events")
                queue["Events"] = [queue["Events"]]
            # The call has an empty structure in its place.
            take(value.get("EventBridgeConfiguration", {}), "EventBridgeEnabled")
            put("PutBucketNotificationConfiguration", member, value)
        elif member == "ObjectLockConfiguration":
            put("PutObjectLockConfiguration", member, value)
        elif member == "OwnershipControls":
            put("PutBucketOwnershipControls", member, value)
        elif member == "PublicAccessBlockConfiguration":
            put("PutPublicAccessBlock", member, value)
        elif member == "Tags":
            put("PutBucketTagging", "Tagging", {"TagSet": value})
        elif member == "VersioningConfiguration":
            put("PutBucketVersioning", member, value)
    rename(properties, BucketName="Bucket", ObjectLockEnabled="ObjectLockEnabledForBucket")
    return [("s3", "CreateBucket", properties), *calls]


def lifecycle_rule(rule):
    expiration = rename(
        take(rule, "ExpirationInDays", "ExpiredObjectDeleteMarker"), ExpirationInDays="Days"
    )
    tags = rule.pop("TagFilters", [])
    prefix = rule.pop("Prefix", "")
    rename(rule, Id="ID")
    rule["Filter"] = {"Tag": tags[0]} if tags else {"Prefix": prefix}
    if expiration:
        rule["Expiration"] = expiration
    for transition in rule.get("Transitions", []):
        rename(transition, TransitionInDays="Days")
    return rule


def role(properties):
    name = "Stack-Role-0123456789ab"
    attached = properties.pop("ManagedPolicyArns", [])
    inline = properties.pop("Policies", [])
    properties["AssumeRolePolicyDocument"] = text(properties["AssumeRolePolicyDocument"])
    return [
        ("iam", "CreateRole", named(properties, RoleName=name)),
        *(("iam", "AttachRolePolicy", {"RoleName": name, "PolicyArn": arn}) for arn in attached),
        *(
            ("iam", "PutRolePolicy", {**each, "RoleName": name, "PolicyDocument": text(each["PolicyDocument"])})
            for each in inline
        ),
    ]  # fmt: skip


def role_policy(properties):
    roles = properties.pop("Roles")
    properties["PolicyDocument"] = text(properties["PolicyDocument"])
    return [("iam", "PutRolePolicy", {**properties, "RoleName": each}) for each in roles]


def managed_policy(properties):
    roles = properties.pop("Roles", [])
    properties["PolicyDocument"] = text(properties["PolicyDocument"])
    rename(properties, ManagedPolicyName="PolicyName")
    arn = "arn:aws:iam::111122223333:policy/Stack-Policy-0123456789ab"
    return [
        ("iam", "CreatePolicy", named(properties, PolicyName="Stack-Policy-0123456789ab")),
        *(("iam", "AttachRolePolicy", {"RoleName": each, "PolicyArn": arn}) for each in roles),
    ]


def key(properties):
    rotation = take(properties, "EnableKeyRotation", "RotationPeriodInDays")
    pending = take(properties, "PendingWindowInDays")
    properties["Policy"] = text(properties.pop("KeyPolicy"))
    properties["Tags"] = [
        {"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.pop("Tags", [])
    ]
    calls = [("kms", "CreateKey", properties)]
    if rotation.pop("EnableKeyRotation", False):
        calls.append(("kms", "EnableKeyRotation", {"KeyId": "key", **rotation}))
    if pending:
        calls.append(("kms", "ScheduleKeyDeletion", {"KeyId": "key", **pending}))
    return calls


def queue(properties):
    texts = attributes(
        properties,
        "DelaySeconds", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize",
        "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy",
        "SqsManagedSseEnabled", "VisibilityTimeout",
    )  # fmt: skip
    tag_map(properties, "tags")
    return [("sqs", "CreateQueue", {"QueueName": "queue", "Attributes": texts, **properties})]


def queue_policy(properties):
    policy = {"Policy": text(properties.pop("PolicyDocument"))}
    queues = properties.pop("Queues")
    return [("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": policy, **properties}) for url in queues]


def topic(properties):
    texts = attributes(properties, "DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")
    rename(properties, TopicName="Name")
    return [("sns", "CreateTopic", {**named(properties, Name="topic"), "Attributes": texts})]


def topic_policy(properties):
    policy = {"AttributeName": "Policy", "AttributeValue": text(properties.pop("PolicyDocument"))}
    topics = properties.pop("Topics")
    return [("sns", "SetTopicAttributes", {"TopicArn": arn, **policy, **properties}) for arn in topics]


def log_group(properties):
    name = properties.get("LogGroupName", "log-group")
    retention = camel(take(properties, "RetentionInDays"))
    calls = [("logs", "CreateLogGroup", camel(named(tag_map(properties), LogGroupName=name)))]
    if retention:
        calls.append(("logs", "PutRetentionPolicy", {"logGroupName": name, **retention}))
    return calls


def event_source_mapping(properties):
    source = properties.get("SelfManagedEventSource", {})
    rename(source.get("Endpoints", {}), KafkaBootstrapServers="KAFKA_BOOTSTRAP_SERVERS")
    return [("lambda", "CreateEventSourceMapping", tag_map(properties))]


def security_group(properties):
    group = {"GroupId": "sg-0123456789abcdef0"}
    rules = [
        ("ec2", operation, {**group, "IpPermissions": [permission(rule) for rule in properties.pop(name)]})
        for name, operation in (
            ("SecurityGroupIngress", "AuthorizeSecurityGroupIngress"),
            ("SecurityGroupEgress", "AuthorizeSecurityGroupEgress"),
        )
        if name in properties
    ]
    rename(properties, GroupDescription="Description")
    return [("ec2", "CreateSecurityGroup", ec2_tags(named(properties, GroupName="group"), "security-group")), *rules]


def permission(rule):
    """A rule as CloudFormation has it, which names its one peer among the ports."""
    described = take(rule, "Description")
    if "CidrIp" in rule:
        rule["IpRanges"] = [{"CidrIp": rule.pop("CidrIp"), **described}]
    for group in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
        if group in rule:
            rule["UserIdGroupPairs"] = [{"GroupId": rule.pop(group), **described}]
    return rule


def security_group_rule(operation):
    def call(properties):
        group = take(properties, "GroupId")
        return [("ec2", operation, {**group, "IpPermissions": [permission(properties)]})]

    return call


def ec2_tags(properties, kind):
    if "Tags" in properties:
        tags = properties.pop("Tags")
        properties["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags}]
    return properties


def vpc(properties):
    switches = take(properties, "EnableDnsHostnames", "EnableDnsSupport")
    return [
        ("ec2", "CreateVpc", ec2_tags(properties, "vpc")),
        *(("ec2", "ModifyVpcAttribute", {"VpcId": "vpc-0", name: {"Value": value}}) for name, value in switches.items()),
    ]  # fmt: skip


def subnet(properties):
    switches = take(properties, "MapPublicIpOnLaunch")
    return [
        ("ec2", "CreateSubnet", ec2_tags(properties, "subnet")),
        *(
            ("ec2", "ModifySubnetAttribute", {"SubnetId": "subnet-0", name: {"Value": value}})
            for name, value in switches.items()
        ),
    ]  # fmt: skip


def serverless_cluster(properties):
    for network in properties["VpcConfigs"]:
        rename(network, SecurityGroups="SecurityGroupIds")
    request = {"ClusterName": properties.pop("ClusterName"), "Tags": properties.pop("Tags", {})}
    return [("kafka", "CreateClusterV2", {**request, "Serverless": properties})]


def function(properties):
    concurrency = take(properties, "ReservedConcurrentExecutions")
    calls = [("lambda", "CreateFunction", named(tag_map(properties), FunctionName="function"))]
    if concurrency:
        calls.append(("lambda", "PutFunctionConcurrency", {"FunctionName": "function", **concurrency}))
    return calls


def one(service, operation, change=lambda properties: properties):
    """A rule for resources that are one call with the same parameters, after a change of some."""
    return lambda properties: [(service, operation, change(properties))]


def with_policy(properties):
    properties["Policy"] = text(properties.pop("PolicyDocument"))
    return properties


def vpc_endpoint(properties):
    if "PolicyDocument" in properties:
        properties["PolicyDocument"] = text(properties["PolicyDocument"])
    return [("ec2", "CreateVpcEndpoint", ec2_tags(properties, "vpc-endpoint"))]


def workgroup(properties):
    # Of the call that deletes it.
    take(properties, "RecursiveDeleteOption")
    return [("athena", "CreateWorkGroup", rename(properties, WorkGroupConfiguration="Configuration"))]


def rule(properties):
    properties = named(properties, Name="rule")
    targets = {"Rule": properties["Name"], **take(properties, "Targets")}
    return [("events", "PutRule", properties), ("events", "PutTargets", targets)]


CALLS = {
    "AWS::Athena::NamedQuery": one("athena", "CreateNamedQuery"),
    "AWS::Athena::WorkGroup": workgroup,
    "AWS::CloudWatch::Alarm": one("cloudwatch", "PutMetricAlarm", lambda each: named(each, AlarmName="alarm")),
    "AWS::CloudWatch::Dashboard": one(
        "cloudwatch", "PutDashboard", lambda each: named(each, DashboardName="dashboard")
    ),
    "AWS::EC2::RouteTable": one("ec2", "CreateRouteTable", lambda each: ec2_tags(each, "route-table")),
    "AWS::EC2::SecurityGroup": security_group,
    "AWS::EC2::SecurityGroupEgress": security_group_rule("AuthorizeSecurityGroupEgress"),
    "AWS::EC2::SecurityGroupIngress": security_group_rule("AuthorizeSecurityGroupIngress"),
    "AWS::EC2::Subnet": subnet,
    "AWS::EC2::SubnetRouteTableAssociation": one("ec2", "AssociateRouteTable"),
    "AWS::EC2::VPC": vpc,
    "AWS::EC2::VPCEndpoint": vpc_endpoint,
    "AWS::Events::Rule": rule,
    "AWS::Glue::Database": one("glue", "CreateDatabase"),
    "AWS::Glue::Table": one("glue", "CreateTable"),
    "AWS::IAM::ManagedPolicy": managed_policy,
    "AWS::IAM::Policy": role_policy,
    "AWS::IAM::Role": role,
    "AWS::KMS::Key": key,
    "AWS::KinesisFirehose::DeliveryStream": one(
        "firehose", "CreateDeliveryStream", lambda each: named(each, DeliveryStreamName="stream")
    ),
    "AWS::Lambda::EventInvokeConfig": one("lambda", "PutFunctionEventInvokeConfig"),
    "AWS::Lambda::EventSourceMapping": event_source_mapping,
    "AWS::Lambda::Function": function,
    "AWS::Lambda::Permission": one("lambda", "AddPermission", lambda each: named(each, StatementId="statement")),
    "AWS::Lambda::Version": one("lambda", "PublishVersion"),
    "AWS::Logs::LogGroup": log_group,
    "AWS::Logs::LogStream": one("logs", "CreateLogStream", lambda each: camel(named(each, LogStreamName="stream"))),
    "AWS::Logs::QueryDefinition": one("logs", "PutQueryDefinition", camel),
    "AWS::MSK::ServerlessCluster": serverless_cluster,
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketPolicy": one("s3", "PutBucketPolicy", with_policy),
    "AWS::SNS::Subscription": one("sns", "Subscribe"),
    "AWS::SNS::Topic": topic,
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SQS::Queue": queue,
    "AWS::SQS::QueuePolicy": queue_policy,
}


def shape_of(service, operation):
    if service not in MODELS:
        MODELS[service] = SESSION.get_service_model(service)
    return MODELS[service].operation_model(operation).input_shape


def beyond_botocore(shape, value, path=""):
    """Yields a message for each value above its maximum, or not among the values of its enumeration."""
    size = value if isinstance(value, int) else len(value) if isinstance(value, (str, list, dict)) else 0
    if size > shape.metadata.get("max", size):
        yield f"{path} has {size}, more than {shape.metadata['max']}"
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, each in value.items():
            if name in shape.members:
                yield from beyond_botocore(shape.members[name], each, f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, each in enumerate(value):
            yield from beyond_botocore(shape.member, each, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for name, each in value.items():
            yield from beyond_botocore(shape.key, name, f"{path} key")
            yield from beyond_botocore(shape.value, each, f"{path}.{name}")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path} is '{value}', not one of {', '.join(shape.enum)}"


def mistakes(kind, properties):
    if kind not in CALLS:
        return [f"no call is known for {kind}"]
    found = []
    for service, operation, parameters in CALLS[kind](properties):
        shape = shape_of(service, operation)
        report = ParamValidator().validate(parameters, shape).generate_report()
        lines = [*report.splitlines(), *beyond_botocore(shape, parameters)]
        found.extend(f"{operation}: {line}" for line in lines)
    return found


json.dump(
    [
        [template, logical_id, message]
        for template, resources in json.load(sys.stdin).items()
        for logical_id, resource in resources.items()
        for message in mistakes(resource["Type"], resource.get("Properties", {}))
    ],
    sys.stdout,
)
