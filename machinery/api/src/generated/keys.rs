// Made by `cargo xtask codegen`; do not edit.
//! Every field name of the API, sorted.

#![allow(missing_docs, reason = "the names are the API's own")]

use crate::key::KnownKey;
use crate::key::names;

names![
    "Port",
    "acceptedTypes",
    "accessModes",
    "acquireTime",
    "action",
    "active",
    "activeDeadlineSeconds",
    "add",
    "address",
    "addressType",
    "addresses",
    "adminAccess",
    "admissionReviewVersions",
    "affinity",
    "aggregationRule",
    "allNodes",
    "allocatable",
    "allocateLoadBalancerNodePorts",
    "allocatedDevices",
    "allocatedResourceStatuses",
    "allocatedResources",
    "allocatedResourcesStatus",
    "allocation",
    "allocationMode",
    "allocationMultiplier",
    "allocationTimestamp",
    "allowMultipleAllocations",
    "allowPrivilegeEscalation",
    "allowVolumeExpansion",
    "allowWatchBookmarks",
    "allowed",
    "allowedTopologies",
    "annotations",
    "apiGroup",
    "apiGroups",
    "apiServerID",
    "apiVersion",
    "apiVersions",
    "appArmorProfile",
    "appProtocol",
    "applyConfiguration",
    "architecture",
    "args",
    "assigned",
    "assuredConcurrencyShares",
    "attachError",
    "attachRequired",
    "attached",
    "attacher",
    "attachmentMetadata",
    "attributes",
    "audience",
    "audiences",
    "auditAnnotations",
    "authenticated",
    "automountServiceAccountToken",
    "availableDevices",
    "availableReplicas",
    "averageUtilization",
    "averageValue",
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "backend",
    "backoffLimit",
    "backoffLimitPerIndex",
    "basic",
    "beginRefreshAt",
    "behavior",
    "binaryData",
    "binaryVersion",
    "bindingConditions",
    "bindingFailureConditions",
    "bindsToNode",
    "blockOwnerDeletion",
    "bool",
    "bools",
    "bootID",
    "borrowingLimitPercent",
    "boundObjectRef",
    "caBundle",
    "cachingMode",
    "capabilities",
    "capacity",
    "capacityKey",
    "categories",
    "causes",
    "cel",
    "cells",
    "cephfs",
    "certificate",
    "certificateChain",
    "certificateChainPath",
    "chapAuthDiscovery",
    "chapAuthSession",
    "cidr",
    "cidrs",
    "cinder",
    "claimName",
    "claimRef",
    "claims",
    "clientCIDR",
    "clientConfig",
    "clientIP",
    "clusterIP",
    "clusterIPs",
    "clusterRoleSelectors",
    "clusterScope",
    "clusterTrustBundle",
    "code",
    "collisionCount",
    "columnDefinitions",
    "command",
    "commonEncodingVersion",
    "completedIndexes",
    "completionMode",
    "completionTime",
    "completions",
    "component",
    "concurrencyPolicy",
    "conditionType",
    "conditions",
    "config",
    "configMap",
    "configMapKeyRef",
    "configMapRef",
    "configSource",
    "constraints",
    "consumedCapacity",
    "consumesCounters",
    "container",
    "containerID",
    "containerName",
    "containerPort",
    "containerResource",
    "containerRuntimeVersion",
    "containerStatuses",
    "containers",
    "continue",
    "controller",
    "controllerExpandSecretRef",
    "controllerPublishSecretRef",
    "controllerRef",
    "count",
    "counterSet",
    "counters",
    "creationTimestamp",
    "credentialBundlePath",
    "csi",
    "current",
    "currentAverageUtilization",
    "currentAverageValue",
    "currentCPUUtilizationPercentage",
    "currentHealthy",
    "currentMetrics",
    "currentNumberScheduled",
    "currentReplicas",
    "currentRevision",
    "currentValue",
    "currentVolumeAttributesClassName",
    "daemonEndpoints",
    "data",
    "dataSource",
    "dataSourceRef",
    "datasetName",
    "datasetUUID",
    "declaredFeatures",
    "decodableVersions",
    "default",
    "defaultBackend",
    "defaultMode",
    "defaultRequest",
    "deleteOptions",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "denied",
    "deprecatedCount",
    "deprecatedFirstTimestamp",
    "deprecatedLastTimestamp",
    "deprecatedSource",
    "deprecatedTopology",
    "describedObject",
    "description",
    "desiredHealthy",
    "desiredNumberScheduled",
    "desiredReplicas",
    "detachError",
    "details",
    "device",
    "deviceClassName",
    "devicePath",
    "deviceSelector",
    "devices",
    "directory",
    "diskName",
    "diskURI",
    "disruptedPods",
    "disruptionMode",
    "disruptionsAllowed",
    "distinctAttribute",
    "distinguisherMethod",
    "divisor",
    "dnsConfig",
    "dnsPolicy",
    "downwardAPI",
    "driver",
    "driverName",
    "drivers",
    "drop",
    "dryRun",
    "effect",
    "egress",
    "emptyDir",
    "emulationVersion",
    "enableServiceLinks",
    "encodingVersion",
    "endPort",
    "endpoints",
    "endpointsNamespace",
    "env",
    "envFrom",
    "ephemeral",
    "ephemeralContainerStatuses",
    "ephemeralContainers",
    "error",
    "errorCode",
    "evaluationError",
    "eventTime",
    "evictionTime",
    "exactly",
    "except",
    "excludeResourceRules",
    "exec",
    "exempt",
    "exitCode",
    "exitCodes",
    "expectedPods",
    "expirationSeconds",
    "expirationTimestamp",
    "expression",
    "expressionWarnings",
    "extendedResourceClaimStatus",
    "extendedResourceName",
    "external",
    "externalID",
    "externalIPs",
    "externalName",
    "externalTrafficPolicy",
    "extra",
    "failed",
    "failedIndexes",
    "failedJobsHistoryLimit",
    "failurePolicy",
    "failureThreshold",
    "fc",
    "features",
    "field",
    "fieldManager",
    "fieldPath",
    "fieldRef",
    "fieldSelector",
    "fieldValidation",
    "fieldsType",
    "fieldsV1",
    "fileKeyRef",
    "finalizers",
    "finishedAt",
    "firstAvailable",
    "firstTimestamp",
    "flexVolume",
    "flocker",
    "follow",
    "forNodes",
    "forZones",
    "force",
    "format",
    "freshness",
    "from",
    "fsGroup",
    "fsGroupChangePolicy",
    "fsGroupPolicy",
    "fsType",
    "fullyLabeledReplicas",
    "gang",
    "gateway",
    "gcePersistentDisk",
    "generateName",
    "generation",
    "gid",
    "gitRepo",
    "globalDefault",
    "glusterfs",
    "gmsaCredentialSpec",
    "gmsaCredentialSpecName",
    "gracePeriodSeconds",
    "group",
    "groupVersion",
    "groups",
    "grpc",
    "handSize",
    "handler",
    "hard",
    "hardwareAddress",
    "health",
    "healthCheckNodePort",
    "hints",
    "holderIdentity",
    "host",
    "hostAliases",
    "hostIP",
    "hostIPC",
    "hostIPs",
    "hostNetwork",
    "hostPID",
    "hostPath",
    "hostPort",
    "hostProcess",
    "hostUsers",
    "hostname",
    "hostnameOverride",
    "hostnames",
    "hosts",
    "http",
    "httpGet",
    "httpHeaders",
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "image",
    "imageID",
    "imagePullPolicy",
    "imagePullSecrets",
    "imageRef",
    "images",
    "immutable",
    "includeObject",
    "incomplete",
    "ingress",
    "ingressClassName",
    "initContainerStatuses",
    "initContainers",
    "initialDelaySeconds",
    "initiatorName",
    "inlineVolumeSpec",
    "insecureSkipTLSVerifyBackend",
    "int",
    "interfaceName",
    "internalTrafficPolicy",
    "ints",
    "involvedObject",
    "ip",
    "ipBlock",
    "ipFamilies",
    "ipFamilyPolicy",
    "ipMode",
    "ips",
    "iqn",
    "iscsi",
    "iscsiInterface",
    "items",
    "jobTemplate",
    "jsonPatch",
    "kernelVersion",
    "key",
    "keyPath",
    "keyType",
    "keyring",
    "kind",
    "kubeProxyVersion",
    "kubeletConfigKey",
    "kubeletEndpoint",
    "kubeletVersion",
    "labelSelector",
    "labels",
    "lastHeartbeatTime",
    "lastKnownGood",
    "lastObservedTime",
    "lastPhaseTransitionTime",
    "lastProbeTime",
    "lastScaleTime",
    "lastScheduleTime",
    "lastState",
    "lastSuccessfulTime",
    "lastTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    "leaseDurationSeconds",
    "leaseName",
    "leaseTransitions",
    "lendablePercent",
    "level",
    "lifecycle",
    "limit",
    "limitBytes",
    "limitResponse",
    "limited",
    "limits",
    "linux",
    "livenessProbe",
    "loadBalancer",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "local",
    "localhostProfile",
    "lun",
    "machineID",
    "managedBy",
    "managedFields",
    "manager",
    "manualSelector",
    "matchAttribute",
    "matchConditions",
    "matchConstraints",
    "matchExpressions",
    "matchFields",
    "matchLabelExpressions",
    "matchLabelKeys",
    "matchLabels",
    "matchPolicy",
    "matchResources",
    "matchingPrecedence",
    "max",
    "maxExpirationSeconds",
    "maxFailedIndexes",
    "maxLimitRequestRatio",
    "maxReplicas",
    "maxSkew",
    "maxSurge",
    "maxUnavailable",
    "maximumVolumeSize",
    "medium",
    "message",
    "messageExpression",
    "metadata",
    "metric",
    "metricName",
    "metricSelector",
    "metrics",
    "min",
    "minAvailable",
    "minCount",
    "minDomains",
    "minReadySeconds",
    "minReplicas",
    "mismatchLabelKeys",
    "mode",
    "modifyVolumeStatus",
    "monitors",
    "mountOptions",
    "mountPath",
    "mountPropagation",
    "mutations",
    "name",
    "names",
    "nameservers",
    "namespace",
    "namespaceSelector",
    "namespaced",
    "namespaces",
    "nanos",
    "networkData",
    "nfs",
    "nodeAffinity",
    "nodeAffinityPolicy",
    "nodeAllocatableResourceClaimStatuses",
    "nodeAllocatableResourceMappings",
    "nodeAllocatableUpdatePeriodSeconds",
    "nodeExpandSecretRef",
    "nodeID",
    "nodeInfo",
    "nodeName",
    "nodePort",
    "nodePublishSecretRef",
    "nodeSelector",
    "nodeSelectorTerms",
    "nodeStageSecretRef",
    "nodeTaintsPolicy",
    "nodeTopology",
    "nodeUID",
    "nominalConcurrencyShares",
    "nominatedNodeName",
    "nonResourceAttributes",
    "nonResourceRules",
    "nonResourceURLs",
    "notAfter",
    "notBefore",
    "notReadyAddresses",
    "note",
    "number",
    "numberAvailable",
    "numberMisscheduled",
    "numberReady",
    "numberUnavailable",
    "object",
    "objectSelector",
    "observedGeneration",
    "oldObject",
    "onExitCodes",
    "onPodConditions",
    "opaque",
    "operatingSystem",
    "operation",
    "operations",
    "operator",
    "optional",
    "options",
    "ordinals",
    "orphanDependents",
    "os",
    "osImage",
    "overhead",
    "ownerReferences",
    "parallelism",
    "paramKind",
    "paramRef",
    "parameterNotFoundAction",
    "parameters",
    "parentRef",
    "partition",
    "patch",
    "patchType",
    "path",
    "pathType",
    "paths",
    "paused",
    "pdID",
    "pdName",
    "perDeviceNodeSelection",
    "periodSeconds",
    "persistentVolumeClaim",
    "persistentVolumeClaimRetentionPolicy",
    "persistentVolumeName",
    "persistentVolumeReclaimPolicy",
    "phase",
    "photonPersistentDisk",
    "pingTime",
    "pkixPublicKey",
    "podAffinity",
    "podAffinityTerm",
    "podAntiAffinity",
    "podCIDR",
    "podCIDRs",
    "podCertificate",
    "podController",
    "podFailurePolicy",
    "podFixed",
    "podGroupName",
    "podGroupTemplateName",
    "podGroupTemplateRef",
    "podGroupTemplates",
    "podIP",
    "podIPs",
    "podInfoOnMount",
    "podManagementPolicy",
    "podName",
    "podReplacementPolicy",
    "podSelector",
    "podSignature",
    "podUID",
    "pods",
    "policies",
    "policyName",
    "policyTypes",
    "pool",
    "poolCount",
    "poolName",
    "pools",
    "port",
    "portals",
    "ports",
    "portworxVolume",
    "postStart",
    "preStop",
    "preconditions",
    "preemptionPolicy",
    "preferAvoidPods",
    "preference",
    "preferredDuringSchedulingIgnoredDuringExecution",
    "preferredHolder",
    "preferredVersion",
    "prefix",
    "preventPodSchedulingIfMissing",
    "previous",
    "priority",
    "priorityClassName",
    "priorityLevelConfiguration",
    "privileged",
    "procMount",
    "progressDeadlineSeconds",
    "projected",
    "proofOfPossession",
    "propagationPolicy",
    "protectionDomain",
    "protocol",
    "providerID",
    "provisioner",
    "publishNotReadyAddresses",
    "pullPolicy",
    "qosClass",
    "queueLengthLimit",
    "queues",
    "queuing",
    "quobyte",
    "range",
    "rawSelector",
    "rbd",
    "readOnly",
    "readOnlyRootFilesystem",
    "readinessGates",
    "readinessProbe",
    "ready",
    "readyReplicas",
    "reason",
    "reclaimPolicy",
    "recursiveReadOnly",
    "recursiveReadOnlyMounts",
    "reference",
    "regarding",
    "registry",
    "reinvocationPolicy",
    "related",
    "remainingItemCount",
    "renewTime",
    "replicas",
    "reportingComponent",
    "reportingController",
    "reportingInstance",
    "repository",
    "request",
    "requestKind",
    "requestMappings",
    "requestName",
    "requestPolicy",
    "requestResource",
    "requestSubResource",
    "requests",
    "required",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "requirements",
    "requiresRepublish",
    "reservedFor",
    "resize",
    "resizePolicy",
    "resource",
    "resourceAttributes",
    "resourceClaimName",
    "resourceClaimStatuses",
    "resourceClaimTemplateName",
    "resourceClaims",
    "resourceFieldRef",
    "resourceID",
    "resourceName",
    "resourceNames",
    "resourceRules",
    "resourceSliceCount",
    "resourceVersion",
    "resourceVersionMatch",
    "resources",
    "response",
    "responseKind",
    "restartCount",
    "restartPolicy",
    "restartPolicyRules",
    "results",
    "retryAfterSeconds",
    "revision",
    "revisionHistoryLimit",
    "role",
    "roleRef",
    "rollbackTo",
    "rollingUpdate",
    "rows",
    "rules",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "runAsUserName",
    "running",
    "runtimeClassName",
    "runtimeHandler",
    "runtimeHandlers",
    "scaleDown",
    "scaleIO",
    "scaleTargetRef",
    "scaleUp",
    "schedule",
    "schedulerName",
    "scheduling",
    "schedulingConstraints",
    "schedulingGates",
    "schedulingGroup",
    "schedulingPolicy",
    "scheme",
    "scope",
    "scopeName",
    "scopeSelector",
    "scopes",
    "seLinuxChangePolicy",
    "seLinuxMount",
    "seLinuxOptions",
    "searches",
    "seccompProfile",
    "seconds",
    "secret",
    "secretFile",
    "secretKeyRef",
    "secretName",
    "secretNamespace",
    "secretRef",
    "secrets",
    "securityContext",
    "selectPolicy",
    "selector",
    "selectors",
    "selfLink",
    "sendInitialEvents",
    "series",
    "servedVersions",
    "server",
    "serverAddress",
    "serverAddressByClientCIDRs",
    "service",
    "serviceAccount",
    "serviceAccountName",
    "serviceAccountToken",
    "serviceAccountTokenInSecrets",
    "serviceAccountUID",
    "serviceName",
    "servicePort",
    "serving",
    "sessionAffinity",
    "sessionAffinityConfig",
    "setHostnameAsFQDN",
    "shardInfo",
    "shardSelector",
    "shareID",
    "shareName",
    "shareProcessNamespace",
    "sharedCounters",
    "shortNames",
    "sideEffects",
    "signal",
    "signerName",
    "sinceSeconds",
    "sinceTime",
    "singularName",
    "singularResource",
    "sizeBytes",
    "sizeLimit",
    "sleep",
    "source",
    "sources",
    "spec",
    "sslEnabled",
    "stabilizationWindowSeconds",
    "start",
    "startTime",
    "started",
    "startedAt",
    "startingDeadlineSeconds",
    "startupProbe",
    "state",
    "status",
    "stderr",
    "stdin",
    "stdinOnce",
    "stdout",
    "step",
    "stopSignal",
    "storageCapacity",
    "storageClassName",
    "storageMode",
    "storagePolicyID",
    "storagePolicyName",
    "storagePool",
    "storageVersionHash",
    "storageVersions",
    "storageos",
    "strategy",
    "stream",
    "string",
    "stringData",
    "strings",
    "stubPKCS10Request",
    "subPath",
    "subPathExpr",
    "subResource",
    "subdomain",
    "subjects",
    "subresource",
    "subresources",
    "subsets",
    "succeeded",
    "succeededCount",
    "succeededIndexes",
    "successPolicy",
    "successThreshold",
    "successfulJobsHistoryLimit",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "suspend",
    "swap",
    "sysctls",
    "system",
    "systemUUID",
    "tailLines",
    "taint",
    "taints",
    "target",
    "targetAverageUtilization",
    "targetAverageValue",
    "targetCPUUtilizationPercentage",
    "targetContainerName",
    "targetPort",
    "targetPortal",
    "targetRef",
    "targetSelector",
    "targetValue",
    "targetVolumeAttributesClassName",
    "targetWWNs",
    "tcpSocket",
    "template",
    "templateGeneration",
    "tenant",
    "terminated",
    "terminating",
    "terminatingReplicas",
    "terminationGracePeriodSeconds",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "time",
    "timeAdded",
    "timeZone",
    "timeoutSeconds",
    "timestamps",
    "tls",
    "to",
    "token",
    "tokenRequests",
    "tolerance",
    "tolerationSeconds",
    "tolerations",
    "topology",
    "topologyKey",
    "topologyKeys",
    "topologySpreadConstraints",
    "totalDevices",
    "trafficDistribution",
    "trustBundle",
    "ttlSecondsAfterFinished",
    "tty",
    "type",
    "typeChecking",
    "uid",
    "unavailableDevices",
    "unavailableReplicas",
    "uncountedTerminatedPods",
    "unhealthyPodEvictionPolicy",
    "unschedulable",
    "unverifiedUserAnnotations",
    "updateRevision",
    "updateStrategy",
    "updatedAnnotations",
    "updatedNumberScheduled",
    "updatedReplicas",
    "url",
    "usages",
    "used",
    "user",
    "userAnnotations",
    "userInfo",
    "userNamespaces",
    "username",
    "validRange",
    "validValues",
    "validationActions",
    "validationError",
    "validations",
    "value",
    "valueExpression",
    "valueFrom",
    "values",
    "variables",
    "verb",
    "verbs",
    "version",
    "versions",
    "volume",
    "volumeAttributes",
    "volumeAttributesClassName",
    "volumeBindingMode",
    "volumeClaimTemplate",
    "volumeClaimTemplates",
    "volumeDevices",
    "volumeHandle",
    "volumeID",
    "volumeLifecycleModes",
    "volumeMode",
    "volumeMounts",
    "volumeName",
    "volumeNamespace",
    "volumePath",
    "volumeStatus",
    "volumes",
    "volumesAttached",
    "volumesInUse",
    "vsphereVolume",
    "waiting",
    "warning",
    "warnings",
    "watch",
    "webhooks",
    "weight",
    "whenDeleted",
    "whenScaled",
    "whenUnsatisfiable",
    "windowsOptions",
    "workingDir",
    "workload",
    "workloadName",
    "wwids",
    "zone",
];

pub const PORT_CAPITAL: KnownKey = KnownKey::at(0);
pub const ACCEPTED_TYPES: KnownKey = KnownKey::at(1);
pub const ACCESS_MODES: KnownKey = KnownKey::at(2);
pub const ACQUIRE_TIME: KnownKey = KnownKey::at(3);
pub const ACTION: KnownKey = KnownKey::at(4);
pub const ACTIVE: KnownKey = KnownKey::at(5);
pub const ACTIVE_DEADLINE_SECONDS: KnownKey = KnownKey::at(6);
pub const ADD: KnownKey = KnownKey::at(7);
pub const ADDRESS: KnownKey = KnownKey::at(8);
pub const ADDRESS_TYPE: KnownKey = KnownKey::at(9);
pub const ADDRESSES: KnownKey = KnownKey::at(10);
pub const ADMIN_ACCESS: KnownKey = KnownKey::at(11);
pub const ADMISSION_REVIEW_VERSIONS: KnownKey = KnownKey::at(12);
pub const AFFINITY: KnownKey = KnownKey::at(13);
pub const AGGREGATION_RULE: KnownKey = KnownKey::at(14);
pub const ALL_NODES: KnownKey = KnownKey::at(15);
pub const ALLOCATABLE: KnownKey = KnownKey::at(16);
pub const ALLOCATE_LOAD_BALANCER_NODE_PORTS: KnownKey = KnownKey::at(17);
pub const ALLOCATED_DEVICES: KnownKey = KnownKey::at(18);
pub const ALLOCATED_RESOURCE_STATUSES: KnownKey = KnownKey::at(19);
pub const ALLOCATED_RESOURCES: KnownKey = KnownKey::at(20);
pub const ALLOCATED_RESOURCES_STATUS: KnownKey = KnownKey::at(21);
pub const ALLOCATION: KnownKey = KnownKey::at(22);
pub const ALLOCATION_MODE: KnownKey = KnownKey::at(23);
pub const ALLOCATION_MULTIPLIER: KnownKey = KnownKey::at(24);
pub const ALLOCATION_TIMESTAMP: KnownKey = KnownKey::at(25);
pub const ALLOW_MULTIPLE_ALLOCATIONS: KnownKey = KnownKey::at(26);
pub const ALLOW_PRIVILEGE_ESCALATION: KnownKey = KnownKey::at(27);
pub const ALLOW_VOLUME_EXPANSION: KnownKey = KnownKey::at(28);
pub const ALLOW_WATCH_BOOKMARKS: KnownKey = KnownKey::at(29);
pub const ALLOWED: KnownKey = KnownKey::at(30);
pub const ALLOWED_TOPOLOGIES: KnownKey = KnownKey::at(31);
pub const ANNOTATIONS: KnownKey = KnownKey::at(32);
pub const API_GROUP: KnownKey = KnownKey::at(33);
pub const API_GROUPS: KnownKey = KnownKey::at(34);
pub const API_SERVER_ID: KnownKey = KnownKey::at(35);
pub const API_VERSION: KnownKey = KnownKey::at(36);
pub const API_VERSIONS: KnownKey = KnownKey::at(37);
pub const APP_ARMOR_PROFILE: KnownKey = KnownKey::at(38);
pub const APP_PROTOCOL: KnownKey = KnownKey::at(39);
pub const APPLY_CONFIGURATION: KnownKey = KnownKey::at(40);
pub const ARCHITECTURE: KnownKey = KnownKey::at(41);
pub const ARGS: KnownKey = KnownKey::at(42);
pub const ASSIGNED: KnownKey = KnownKey::at(43);
pub const ASSURED_CONCURRENCY_SHARES: KnownKey = KnownKey::at(44);
pub const ATTACH_ERROR: KnownKey = KnownKey::at(45);
pub const ATTACH_REQUIRED: KnownKey = KnownKey::at(46);
pub const ATTACHED: KnownKey = KnownKey::at(47);
pub const ATTACHER: KnownKey = KnownKey::at(48);
pub const ATTACHMENT_METADATA: KnownKey = KnownKey::at(49);
pub const ATTRIBUTES: KnownKey = KnownKey::at(50);
pub const AUDIENCE: KnownKey = KnownKey::at(51);
pub const AUDIENCES: KnownKey = KnownKey::at(52);
pub const AUDIT_ANNOTATIONS: KnownKey = KnownKey::at(53);
pub const AUTHENTICATED: KnownKey = KnownKey::at(54);
pub const AUTOMOUNT_SERVICE_ACCOUNT_TOKEN: KnownKey = KnownKey::at(55);
pub const AVAILABLE_DEVICES: KnownKey = KnownKey::at(56);
pub const AVAILABLE_REPLICAS: KnownKey = KnownKey::at(57);
pub const AVERAGE_UTILIZATION: KnownKey = KnownKey::at(58);
pub const AVERAGE_VALUE: KnownKey = KnownKey::at(59);
pub const AWS_ELASTIC_BLOCK_STORE: KnownKey = KnownKey::at(60);
pub const AZURE_DISK: KnownKey = KnownKey::at(61);
pub const AZURE_FILE: KnownKey = KnownKey::at(62);
pub const BACKEND: KnownKey = KnownKey::at(63);
pub const BACKOFF_LIMIT: KnownKey = KnownKey::at(64);
pub const BACKOFF_LIMIT_PER_INDEX: KnownKey = KnownKey::at(65);
pub const BASIC: KnownKey = KnownKey::at(66);
pub const BEGIN_REFRESH_AT: KnownKey = KnownKey::at(67);
pub const BEHAVIOR: KnownKey = KnownKey::at(68);
pub const BINARY_DATA: KnownKey = KnownKey::at(69);
pub const BINARY_VERSION: KnownKey = KnownKey::at(70);
pub const BINDING_CONDITIONS: KnownKey = KnownKey::at(71);
pub const BINDING_FAILURE_CONDITIONS: KnownKey = KnownKey::at(72);
pub const BINDS_TO_NODE: KnownKey = KnownKey::at(73);
pub const BLOCK_OWNER_DELETION: KnownKey = KnownKey::at(74);
pub const BOOL: KnownKey = KnownKey::at(75);
pub const BOOLS: KnownKey = KnownKey::at(76);
pub const BOOT_ID: KnownKey = KnownKey::at(77);
pub const BORROWING_LIMIT_PERCENT: KnownKey = KnownKey::at(78);
pub const BOUND_OBJECT_REF: KnownKey = KnownKey::at(79);
pub const CA_BUNDLE: KnownKey = KnownKey::at(80);
pub const CACHING_MODE: KnownKey = KnownKey::at(81);
pub const CAPABILITIES: KnownKey = KnownKey::at(82);
pub const CAPACITY: KnownKey = KnownKey::at(83);
pub const CAPACITY_KEY: KnownKey = KnownKey::at(84);
pub const CATEGORIES: KnownKey = KnownKey::at(85);
pub const CAUSES: KnownKey = KnownKey::at(86);
pub const CEL: KnownKey = KnownKey::at(87);
pub const CELLS: KnownKey = KnownKey::at(88);
pub const CEPHFS: KnownKey = KnownKey::at(89);
pub const CERTIFICATE: KnownKey = KnownKey::at(90);
pub const CERTIFICATE_CHAIN: KnownKey = KnownKey::at(91);
pub const CERTIFICATE_CHAIN_PATH: KnownKey = KnownKey::at(92);
pub const CHAP_AUTH_DISCOVERY: KnownKey = KnownKey::at(93);
pub const CHAP_AUTH_SESSION: KnownKey = KnownKey::at(94);
pub const CIDR: KnownKey = KnownKey::at(95);
pub const CIDRS: KnownKey = KnownKey::at(96);
pub const CINDER: KnownKey = KnownKey::at(97);
pub const CLAIM_NAME: KnownKey = KnownKey::at(98);
pub const CLAIM_REF: KnownKey = KnownKey::at(99);
pub const CLAIMS: KnownKey = KnownKey::at(100);
pub const CLIENT_CIDR: KnownKey = KnownKey::at(101);
pub const CLIENT_CONFIG: KnownKey = KnownKey::at(102);
pub const CLIENT_IP: KnownKey = KnownKey::at(103);
pub const CLUSTER_IP: KnownKey = KnownKey::at(104);
pub const CLUSTER_IPS: KnownKey = KnownKey::at(105);
pub const CLUSTER_ROLE_SELECTORS: KnownKey = KnownKey::at(106);
pub const CLUSTER_SCOPE: KnownKey = KnownKey::at(107);
pub const CLUSTER_TRUST_BUNDLE: KnownKey = KnownKey::at(108);
pub const CODE: KnownKey = KnownKey::at(109);
pub const COLLISION_COUNT: KnownKey = KnownKey::at(110);
pub const COLUMN_DEFINITIONS: KnownKey = KnownKey::at(111);
pub const COMMAND: KnownKey = KnownKey::at(112);
pub const COMMON_ENCODING_VERSION: KnownKey = KnownKey::at(113);
pub const COMPLETED_INDEXES: KnownKey = KnownKey::at(114);
pub const COMPLETION_MODE: KnownKey = KnownKey::at(115);
pub const COMPLETION_TIME: KnownKey = KnownKey::at(116);
pub const COMPLETIONS: KnownKey = KnownKey::at(117);
pub const COMPONENT: KnownKey = KnownKey::at(118);
pub const CONCURRENCY_POLICY: KnownKey = KnownKey::at(119);
pub const CONDITION_TYPE: KnownKey = KnownKey::at(120);
pub const CONDITIONS: KnownKey = KnownKey::at(121);
pub const CONFIG: KnownKey = KnownKey::at(122);
pub const CONFIG_MAP: KnownKey = KnownKey::at(123);
pub const CONFIG_MAP_KEY_REF: KnownKey = KnownKey::at(124);
pub const CONFIG_MAP_REF: KnownKey = KnownKey::at(125);
pub const CONFIG_SOURCE: KnownKey = KnownKey::at(126);
pub const CONSTRAINTS: KnownKey = KnownKey::at(127);
pub const CONSUMED_CAPACITY: KnownKey = KnownKey::at(128);
pub const CONSUMES_COUNTERS: KnownKey = KnownKey::at(129);
pub const CONTAINER: KnownKey = KnownKey::at(130);
pub const CONTAINER_ID: KnownKey = KnownKey::at(131);
pub const CONTAINER_NAME: KnownKey = KnownKey::at(132);
pub const CONTAINER_PORT: KnownKey = KnownKey::at(133);
pub const CONTAINER_RESOURCE: KnownKey = KnownKey::at(134);
pub const CONTAINER_RUNTIME_VERSION: KnownKey = KnownKey::at(135);
pub const CONTAINER_STATUSES: KnownKey = KnownKey::at(136);
pub const CONTAINERS: KnownKey = KnownKey::at(137);
pub const CONTINUE: KnownKey = KnownKey::at(138);
pub const CONTROLLER: KnownKey = KnownKey::at(139);
pub const CONTROLLER_EXPAND_SECRET_REF: KnownKey = KnownKey::at(140);
pub const CONTROLLER_PUBLISH_SECRET_REF: KnownKey = KnownKey::at(141);
pub const CONTROLLER_REF: KnownKey = KnownKey::at(142);
pub const COUNT: KnownKey = KnownKey::at(143);
pub const COUNTER_SET: KnownKey = KnownKey::at(144);
pub const COUNTERS: KnownKey = KnownKey::at(145);
pub const CREATION_TIMESTAMP: KnownKey = KnownKey::at(146);
pub const CREDENTIAL_BUNDLE_PATH: KnownKey = KnownKey::at(147);
pub const CSI: KnownKey = KnownKey::at(148);
pub const CURRENT: KnownKey = KnownKey::at(149);
pub const CURRENT_AVERAGE_UTILIZATION: KnownKey = KnownKey::at(150);
pub const CURRENT_AVERAGE_VALUE: KnownKey = KnownKey::at(151);
pub const CURRENT_CPU_UTILIZATION_PERCENTAGE: KnownKey = KnownKey::at(152);
pub const CURRENT_HEALTHY: KnownKey = KnownKey::at(153);
pub const CURRENT_METRICS: KnownKey = KnownKey::at(154);
pub const CURRENT_NUMBER_SCHEDULED: KnownKey = KnownKey::at(155);
pub const CURRENT_REPLICAS: KnownKey = KnownKey::at(156);
pub const CURRENT_REVISION: KnownKey = KnownKey::at(157);
pub const CURRENT_VALUE: KnownKey = KnownKey::at(158);
pub const CURRENT_VOLUME_ATTRIBUTES_CLASS_NAME: KnownKey = KnownKey::at(159);
pub const DAEMON_ENDPOINTS: KnownKey = KnownKey::at(160);
pub const DATA: KnownKey = KnownKey::at(161);
pub const DATA_SOURCE: KnownKey = KnownKey::at(162);
pub const DATA_SOURCE_REF: KnownKey = KnownKey::at(163);
pub const DATASET_NAME: KnownKey = KnownKey::at(164);
pub const DATASET_UUID: KnownKey = KnownKey::at(165);
pub const DECLARED_FEATURES: KnownKey = KnownKey::at(166);
pub const DECODABLE_VERSIONS: KnownKey = KnownKey::at(167);
pub const DEFAULT: KnownKey = KnownKey::at(168);
pub const DEFAULT_BACKEND: KnownKey = KnownKey::at(169);
pub const DEFAULT_MODE: KnownKey = KnownKey::at(170);
pub const DEFAULT_REQUEST: KnownKey = KnownKey::at(171);
pub const DELETE_OPTIONS: KnownKey = KnownKey::at(172);
pub const DELETION_GRACE_PERIOD_SECONDS: KnownKey = KnownKey::at(173);
pub const DELETION_TIMESTAMP: KnownKey = KnownKey::at(174);
pub const DENIED: KnownKey = KnownKey::at(175);
pub const DEPRECATED_COUNT: KnownKey = KnownKey::at(176);
pub const DEPRECATED_FIRST_TIMESTAMP: KnownKey = KnownKey::at(177);
pub const DEPRECATED_LAST_TIMESTAMP: KnownKey = KnownKey::at(178);
pub const DEPRECATED_SOURCE: KnownKey = KnownKey::at(179);
pub const DEPRECATED_TOPOLOGY: KnownKey = KnownKey::at(180);
pub const DESCRIBED_OBJECT: KnownKey = KnownKey::at(181);
pub const DESCRIPTION: KnownKey = KnownKey::at(182);
pub const DESIRED_HEALTHY: KnownKey = KnownKey::at(183);
pub const DESIRED_NUMBER_SCHEDULED: KnownKey = KnownKey::at(184);
pub const DESIRED_REPLICAS: KnownKey = KnownKey::at(185);
pub const DETACH_ERROR: KnownKey = KnownKey::at(186);
pub const DETAILS: KnownKey = KnownKey::at(187);
pub const DEVICE: KnownKey = KnownKey::at(188);
pub const DEVICE_CLASS_NAME: KnownKey = KnownKey::at(189);
pub const DEVICE_PATH: KnownKey = KnownKey::at(190);
pub const DEVICE_SELECTOR: KnownKey = KnownKey::at(191);
pub const DEVICES: KnownKey = KnownKey::at(192);
pub const DIRECTORY: KnownKey = KnownKey::at(193);
pub const DISK_NAME: KnownKey = KnownKey::at(194);
pub const DISK_URI: KnownKey = KnownKey::at(195);
pub const DISRUPTED_PODS: KnownKey = KnownKey::at(196);
pub const DISRUPTION_MODE: KnownKey = KnownKey::at(197);
pub const DISRUPTIONS_ALLOWED: KnownKey = KnownKey::at(198);
pub const DISTINCT_ATTRIBUTE: KnownKey = KnownKey::at(199);
pub const DISTINGUISHER_METHOD: KnownKey = KnownKey::at(200);
pub const DIVISOR: KnownKey = KnownKey::at(201);
pub const DNS_CONFIG: KnownKey = KnownKey::at(202);
pub const DNS_POLICY: KnownKey = KnownKey::at(203);
pub const DOWNWARD_API: KnownKey = KnownKey::at(204);
pub const DRIVER: KnownKey = KnownKey::at(205);
pub const DRIVER_NAME: KnownKey = KnownKey::at(206);
pub const DRIVERS: KnownKey = KnownKey::at(207);
pub const DROP: KnownKey = KnownKey::at(208);
pub const DRY_RUN: KnownKey = KnownKey::at(209);
pub const EFFECT: KnownKey = KnownKey::at(210);
pub const EGRESS: KnownKey = KnownKey::at(211);
pub const EMPTY_DIR: KnownKey = KnownKey::at(212);
pub const EMULATION_VERSION: KnownKey = KnownKey::at(213);
pub const ENABLE_SERVICE_LINKS: KnownKey = KnownKey::at(214);
pub const ENCODING_VERSION: KnownKey = KnownKey::at(215);
pub const END_PORT: KnownKey = KnownKey::at(216);
pub const ENDPOINTS: KnownKey = KnownKey::at(217);
pub const ENDPOINTS_NAMESPACE: KnownKey = KnownKey::at(218);
pub const ENV: KnownKey = KnownKey::at(219);
pub const ENV_FROM: KnownKey = KnownKey::at(220);
pub const EPHEMERAL: KnownKey = KnownKey::at(221);
pub const EPHEMERAL_CONTAINER_STATUSES: KnownKey = KnownKey::at(222);
pub const EPHEMERAL_CONTAINERS: KnownKey = KnownKey::at(223);
pub const ERROR: KnownKey = KnownKey::at(224);
pub const ERROR_CODE: KnownKey = KnownKey::at(225);
pub const EVALUATION_ERROR: KnownKey = KnownKey::at(226);
pub const EVENT_TIME: KnownKey = KnownKey::at(227);
pub const EVICTION_TIME: KnownKey = KnownKey::at(228);
pub const EXACTLY: KnownKey = KnownKey::at(229);
pub const EXCEPT: KnownKey = KnownKey::at(230);
pub const EXCLUDE_RESOURCE_RULES: KnownKey = KnownKey::at(231);
pub const EXEC: KnownKey = KnownKey::at(232);
pub const EXEMPT: KnownKey = KnownKey::at(233);
pub const EXIT_CODE: KnownKey = KnownKey::at(234);
pub const EXIT_CODES: KnownKey = KnownKey::at(235);
pub const EXPECTED_PODS: KnownKey = KnownKey::at(236);
pub const EXPIRATION_SECONDS: KnownKey = KnownKey::at(237);
pub const EXPIRATION_TIMESTAMP: KnownKey = KnownKey::at(238);
pub const EXPRESSION: KnownKey = KnownKey::at(239);
pub const EXPRESSION_WARNINGS: KnownKey = KnownKey::at(240);
pub const EXTENDED_RESOURCE_CLAIM_STATUS: KnownKey = KnownKey::at(241);
pub const EXTENDED_RESOURCE_NAME: KnownKey = KnownKey::at(242);
pub const EXTERNAL: KnownKey = KnownKey::at(243);
pub const EXTERNAL_ID: KnownKey = KnownKey::at(244);
pub const EXTERNAL_IPS: KnownKey = KnownKey::at(245);
pub const EXTERNAL_NAME: KnownKey = KnownKey::at(246);
pub const EXTERNAL_TRAFFIC_POLICY: KnownKey = KnownKey::at(247);
pub const EXTRA: KnownKey = KnownKey::at(248);
pub const FAILED: KnownKey = KnownKey::at(249);
pub const FAILED_INDEXES: KnownKey = KnownKey::at(250);
pub const FAILED_JOBS_HISTORY_LIMIT: KnownKey = KnownKey::at(251);
pub const FAILURE_POLICY: KnownKey = KnownKey::at(252);
pub const FAILURE_THRESHOLD: KnownKey = KnownKey::at(253);
pub const FC: KnownKey = KnownKey::at(254);
pub const FEATURES: KnownKey = KnownKey::at(255);
pub const FIELD: KnownKey = KnownKey::at(256);
pub const FIELD_MANAGER: KnownKey = KnownKey::at(257);
pub const FIELD_PATH: KnownKey = KnownKey::at(258);
pub const FIELD_REF: KnownKey = KnownKey::at(259);
pub const FIELD_SELECTOR: KnownKey = KnownKey::at(260);
pub const FIELD_VALIDATION: KnownKey = KnownKey::at(261);
pub const FIELDS_TYPE: KnownKey = KnownKey::at(262);
pub const FIELDS_V1: KnownKey = KnownKey::at(263);
pub const FILE_KEY_REF: KnownKey = KnownKey::at(264);
pub const FINALIZERS: KnownKey = KnownKey::at(265);
pub const FINISHED_AT: KnownKey = KnownKey::at(266);
pub const FIRST_AVAILABLE: KnownKey = KnownKey::at(267);
pub const FIRST_TIMESTAMP: KnownKey = KnownKey::at(268);
pub const FLEX_VOLUME: KnownKey = KnownKey::at(269);
pub const FLOCKER: KnownKey = KnownKey::at(270);
pub const FOLLOW: KnownKey = KnownKey::at(271);
pub const FOR_NODES: KnownKey = KnownKey::at(272);
pub const FOR_ZONES: KnownKey = KnownKey::at(273);
pub const FORCE: KnownKey = KnownKey::at(274);
pub const FORMAT: KnownKey = KnownKey::at(275);
pub const FRESHNESS: KnownKey = KnownKey::at(276);
pub const FROM: KnownKey = KnownKey::at(277);
pub const FS_GROUP: KnownKey = KnownKey::at(278);
pub const FS_GROUP_CHANGE_POLICY: KnownKey = KnownKey::at(279);
pub const FS_GROUP_POLICY: KnownKey = KnownKey::at(280);
pub const FS_TYPE: KnownKey = KnownKey::at(281);
pub const FULLY_LABELED_REPLICAS: KnownKey = KnownKey::at(282);
pub const GANG: KnownKey = KnownKey::at(283);
pub const GATEWAY: KnownKey = KnownKey::at(284);
pub const GCE_PERSISTENT_DISK: KnownKey = KnownKey::at(285);
pub const GENERATE_NAME: KnownKey = KnownKey::at(286);
pub const GENERATION: KnownKey = KnownKey::at(287);
pub const GID: KnownKey = KnownKey::at(288);
pub const GIT_REPO: KnownKey = KnownKey::at(289);
pub const GLOBAL_DEFAULT: KnownKey = KnownKey::at(290);
pub const GLUSTERFS: KnownKey = KnownKey::at(291);
pub const GMSA_CREDENTIAL_SPEC: KnownKey = KnownKey::at(292);
pub const GMSA_CREDENTIAL_SPEC_NAME: KnownKey = KnownKey::at(293);
pub const GRACE_PERIOD_SECONDS: KnownKey = KnownKey::at(294);
pub const GROUP: KnownKey = KnownKey::at(295);
pub const GROUP_VERSION: KnownKey = KnownKey::at(296);
pub const GROUPS: KnownKey = KnownKey::at(297);
pub const GRPC: KnownKey = KnownKey::at(298);
pub const HAND_SIZE: KnownKey = KnownKey::at(299);
pub const HANDLER: KnownKey = KnownKey::at(300);
pub const HARD: KnownKey = KnownKey::at(301);
pub const HARDWARE_ADDRESS: KnownKey = KnownKey::at(302);
pub const HEALTH: KnownKey = KnownKey::at(303);
pub const HEALTH_CHECK_NODE_PORT: KnownKey = KnownKey::at(304);
pub const HINTS: KnownKey = KnownKey::at(305);
pub const HOLDER_IDENTITY: KnownKey = KnownKey::at(306);
pub const HOST: KnownKey = KnownKey::at(307);
pub const HOST_ALIASES: KnownKey = KnownKey::at(308);
pub const HOST_IP: KnownKey = KnownKey::at(309);
pub const HOST_IPC: KnownKey = KnownKey::at(310);
pub const HOST_IPS: KnownKey = KnownKey::at(311);
pub const HOST_NETWORK: KnownKey = KnownKey::at(312);
pub const HOST_PID: KnownKey = KnownKey::at(313);
pub const HOST_PATH: KnownKey = KnownKey::at(314);
pub const HOST_PORT: KnownKey = KnownKey::at(315);
pub const HOST_PROCESS: KnownKey = KnownKey::at(316);
pub const HOST_USERS: KnownKey = KnownKey::at(317);
pub const HOSTNAME: KnownKey = KnownKey::at(318);
pub const HOSTNAME_OVERRIDE: KnownKey = KnownKey::at(319);
pub const HOSTNAMES: KnownKey = KnownKey::at(320);
pub const HOSTS: KnownKey = KnownKey::at(321);
pub const HTTP: KnownKey = KnownKey::at(322);
pub const HTTP_GET: KnownKey = KnownKey::at(323);
pub const HTTP_HEADERS: KnownKey = KnownKey::at(324);
pub const IGNORE_STORE_READ_ERROR_WITH_CLUSTER_BREAKING_POTENTIAL: KnownKey = KnownKey::at(325);
pub const IMAGE: KnownKey = KnownKey::at(326);
pub const IMAGE_ID: KnownKey = KnownKey::at(327);
pub const IMAGE_PULL_POLICY: KnownKey = KnownKey::at(328);
pub const IMAGE_PULL_SECRETS: KnownKey = KnownKey::at(329);
pub const IMAGE_REF: KnownKey = KnownKey::at(330);
pub const IMAGES: KnownKey = KnownKey::at(331);
pub const IMMUTABLE: KnownKey = KnownKey::at(332);
pub const INCLUDE_OBJECT: KnownKey = KnownKey::at(333);
pub const INCOMPLETE: KnownKey = KnownKey::at(334);
pub const INGRESS: KnownKey = KnownKey::at(335);
pub const INGRESS_CLASS_NAME: KnownKey = KnownKey::at(336);
pub const INIT_CONTAINER_STATUSES: KnownKey = KnownKey::at(337);
pub const INIT_CONTAINERS: KnownKey = KnownKey::at(338);
pub const INITIAL_DELAY_SECONDS: KnownKey = KnownKey::at(339);
pub const INITIATOR_NAME: KnownKey = KnownKey::at(340);
pub const INLINE_VOLUME_SPEC: KnownKey = KnownKey::at(341);
pub const INSECURE_SKIP_TLS_VERIFY_BACKEND: KnownKey = KnownKey::at(342);
pub const INT: KnownKey = KnownKey::at(343);
pub const INTERFACE_NAME: KnownKey = KnownKey::at(344);
pub const INTERNAL_TRAFFIC_POLICY: KnownKey = KnownKey::at(345);
pub const INTS: KnownKey = KnownKey::at(346);
pub const INVOLVED_OBJECT: KnownKey = KnownKey::at(347);
pub const IP: KnownKey = KnownKey::at(348);
pub const IP_BLOCK: KnownKey = KnownKey::at(349);
pub const IP_FAMILIES: KnownKey = KnownKey::at(350);
pub const IP_FAMILY_POLICY: KnownKey = KnownKey::at(351);
pub const IP_MODE: KnownKey = KnownKey::at(352);
pub const IPS: KnownKey = KnownKey::at(353);
pub const IQN: KnownKey = KnownKey::at(354);
pub const ISCSI: KnownKey = KnownKey::at(355);
pub const ISCSI_INTERFACE: KnownKey = KnownKey::at(356);
pub const ITEMS: KnownKey = KnownKey::at(357);
pub const JOB_TEMPLATE: KnownKey = KnownKey::at(358);
pub const JSON_PATCH: KnownKey = KnownKey::at(359);
pub const KERNEL_VERSION: KnownKey = KnownKey::at(360);
pub const KEY: KnownKey = KnownKey::at(361);
pub const KEY_PATH: KnownKey = KnownKey::at(362);
pub const KEY_TYPE: KnownKey = KnownKey::at(363);
pub const KEYRING: KnownKey = KnownKey::at(364);
pub const KIND: KnownKey = KnownKey::at(365);
pub const KUBE_PROXY_VERSION: KnownKey = KnownKey::at(366);
pub const KUBELET_CONFIG_KEY: KnownKey = KnownKey::at(367);
pub const KUBELET_ENDPOINT: KnownKey = KnownKey::at(368);
pub const KUBELET_VERSION: KnownKey = KnownKey::at(369);
pub const LABEL_SELECTOR: KnownKey = KnownKey::at(370);
pub const LABELS: KnownKey = KnownKey::at(371);
pub const LAST_HEARTBEAT_TIME: KnownKey = KnownKey::at(372);
pub const LAST_KNOWN_GOOD: KnownKey = KnownKey::at(373);
pub const LAST_OBSERVED_TIME: KnownKey = KnownKey::at(374);
pub const LAST_PHASE_TRANSITION_TIME: KnownKey = KnownKey::at(375);
pub const LAST_PROBE_TIME: KnownKey = KnownKey::at(376);
pub const LAST_SCALE_TIME: KnownKey = KnownKey::at(377);
pub const LAST_SCHEDULE_TIME: KnownKey = KnownKey::at(378);
pub const LAST_STATE: KnownKey = KnownKey::at(379);
pub const LAST_SUCCESSFUL_TIME: KnownKey = KnownKey::at(380);
pub const LAST_TIMESTAMP: KnownKey = KnownKey::at(381);
pub const LAST_TRANSITION_TIME: KnownKey = KnownKey::at(382);
pub const LAST_UPDATE_TIME: KnownKey = KnownKey::at(383);
pub const LEASE_DURATION_SECONDS: KnownKey = KnownKey::at(384);
pub const LEASE_NAME: KnownKey = KnownKey::at(385);
pub const LEASE_TRANSITIONS: KnownKey = KnownKey::at(386);
pub const LENDABLE_PERCENT: KnownKey = KnownKey::at(387);
pub const LEVEL: KnownKey = KnownKey::at(388);
pub const LIFECYCLE: KnownKey = KnownKey::at(389);
pub const LIMIT: KnownKey = KnownKey::at(390);
pub const LIMIT_BYTES: KnownKey = KnownKey::at(391);
pub const LIMIT_RESPONSE: KnownKey = KnownKey::at(392);
pub const LIMITED: KnownKey = KnownKey::at(393);
pub const LIMITS: KnownKey = KnownKey::at(394);
pub const LINUX: KnownKey = KnownKey::at(395);
pub const LIVENESS_PROBE: KnownKey = KnownKey::at(396);
pub const LOAD_BALANCER: KnownKey = KnownKey::at(397);
pub const LOAD_BALANCER_CLASS: KnownKey = KnownKey::at(398);
pub const LOAD_BALANCER_IP: KnownKey = KnownKey::at(399);
pub const LOAD_BALANCER_SOURCE_RANGES: KnownKey = KnownKey::at(400);
pub const LOCAL: KnownKey = KnownKey::at(401);
pub const LOCALHOST_PROFILE: KnownKey = KnownKey::at(402);
pub const LUN: KnownKey = KnownKey::at(403);
pub const MACHINE_ID: KnownKey = KnownKey::at(404);
pub const MANAGED_BY: KnownKey = KnownKey::at(405);
pub const MANAGED_FIELDS: KnownKey = KnownKey::at(406);
pub const MANAGER: KnownKey = KnownKey::at(407);
pub const MANUAL_SELECTOR: KnownKey = KnownKey::at(408);
pub const MATCH_ATTRIBUTE: KnownKey = KnownKey::at(409);
pub const MATCH_CONDITIONS: KnownKey = KnownKey::at(410);
pub const MATCH_CONSTRAINTS: KnownKey = KnownKey::at(411);
pub const MATCH_EXPRESSIONS: KnownKey = KnownKey::at(412);
pub const MATCH_FIELDS: KnownKey = KnownKey::at(413);
pub const MATCH_LABEL_EXPRESSIONS: KnownKey = KnownKey::at(414);
pub const MATCH_LABEL_KEYS: KnownKey = KnownKey::at(415);
pub const MATCH_LABELS: KnownKey = KnownKey::at(416);
pub const MATCH_POLICY: KnownKey = KnownKey::at(417);
pub const MATCH_RESOURCES: KnownKey = KnownKey::at(418);
pub const MATCHING_PRECEDENCE: KnownKey = KnownKey::at(419);
pub const MAX: KnownKey = KnownKey::at(420);
pub const MAX_EXPIRATION_SECONDS: KnownKey = KnownKey::at(421);
pub const MAX_FAILED_INDEXES: KnownKey = KnownKey::at(422);
pub const MAX_LIMIT_REQUEST_RATIO: KnownKey = KnownKey::at(423);
pub const MAX_REPLICAS: KnownKey = KnownKey::at(424);
pub const MAX_SKEW: KnownKey = KnownKey::at(425);
pub const MAX_SURGE: KnownKey = KnownKey::at(426);
pub const MAX_UNAVAILABLE: KnownKey = KnownKey::at(427);
pub const MAXIMUM_VOLUME_SIZE: KnownKey = KnownKey::at(428);
pub const MEDIUM: KnownKey = KnownKey::at(429);
pub const MESSAGE: KnownKey = KnownKey::at(430);
pub const MESSAGE_EXPRESSION: KnownKey = KnownKey::at(431);
pub const METADATA: KnownKey = KnownKey::at(432);
pub const METRIC: KnownKey = KnownKey::at(433);
pub const METRIC_NAME: KnownKey = KnownKey::at(434);
pub const METRIC_SELECTOR: KnownKey = KnownKey::at(435);
pub const METRICS: KnownKey = KnownKey::at(436);
pub const MIN: KnownKey = KnownKey::at(437);
pub const MIN_AVAILABLE: KnownKey = KnownKey::at(438);
pub const MIN_COUNT: KnownKey = KnownKey::at(439);
pub const MIN_DOMAINS: KnownKey = KnownKey::at(440);
pub const MIN_READY_SECONDS: KnownKey = KnownKey::at(441);
pub const MIN_REPLICAS: KnownKey = KnownKey::at(442);
pub const MISMATCH_LABEL_KEYS: KnownKey = KnownKey::at(443);
pub const MODE: KnownKey = KnownKey::at(444);
pub const MODIFY_VOLUME_STATUS: KnownKey = KnownKey::at(445);
pub const MONITORS: KnownKey = KnownKey::at(446);
pub const MOUNT_OPTIONS: KnownKey = KnownKey::at(447);
pub const MOUNT_PATH: KnownKey = KnownKey::at(448);
pub const MOUNT_PROPAGATION: KnownKey = KnownKey::at(449);
pub const MUTATIONS: KnownKey = KnownKey::at(450);
pub const NAME: KnownKey = KnownKey::at(451);
pub const NAMES: KnownKey = KnownKey::at(452);
pub const NAMESERVERS: KnownKey = KnownKey::at(453);
pub const NAMESPACE: KnownKey = KnownKey::at(454);
pub const NAMESPACE_SELECTOR: KnownKey = KnownKey::at(455);
pub const NAMESPACED: KnownKey = KnownKey::at(456);
pub const NAMESPACES: KnownKey = KnownKey::at(457);
pub const NANOS: KnownKey = KnownKey::at(458);
pub const NETWORK_DATA: KnownKey = KnownKey::at(459);
pub const NFS: KnownKey = KnownKey::at(460);
pub const NODE_AFFINITY: KnownKey = KnownKey::at(461);
pub const NODE_AFFINITY_POLICY: KnownKey = KnownKey::at(462);
pub const NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUSES: KnownKey = KnownKey::at(463);
pub const NODE_ALLOCATABLE_RESOURCE_MAPPINGS: KnownKey = KnownKey::at(464);
pub const NODE_ALLOCATABLE_UPDATE_PERIOD_SECONDS: KnownKey = KnownKey::at(465);
pub const NODE_EXPAND_SECRET_REF: KnownKey = KnownKey::at(466);
pub const NODE_ID: KnownKey = KnownKey::at(467);
pub const NODE_INFO: KnownKey = KnownKey::at(468);
pub const NODE_NAME: KnownKey = KnownKey::at(469);
pub const NODE_PORT: KnownKey = KnownKey::at(470);
pub const NODE_PUBLISH_SECRET_REF: KnownKey = KnownKey::at(471);
pub const NODE_SELECTOR: KnownKey = KnownKey::at(472);
pub const NODE_SELECTOR_TERMS: KnownKey = KnownKey::at(473);
pub const NODE_STAGE_SECRET_REF: KnownKey = KnownKey::at(474);
pub const NODE_TAINTS_POLICY: KnownKey = KnownKey::at(475);
pub const NODE_TOPOLOGY: KnownKey = KnownKey::at(476);
pub const NODE_UID: KnownKey = KnownKey::at(477);
pub const NOMINAL_CONCURRENCY_SHARES: KnownKey = KnownKey::at(478);
pub const NOMINATED_NODE_NAME: KnownKey = KnownKey::at(479);
pub const NON_RESOURCE_ATTRIBUTES: KnownKey = KnownKey::at(480);
pub const NON_RESOURCE_RULES: KnownKey = KnownKey::at(481);
pub const NON_RESOURCE_URLS: KnownKey = KnownKey::at(482);
pub const NOT_AFTER: KnownKey = KnownKey::at(483);
pub const NOT_BEFORE: KnownKey = KnownKey::at(484);
pub const NOT_READY_ADDRESSES: KnownKey = KnownKey::at(485);
pub const NOTE: KnownKey = KnownKey::at(486);
pub const NUMBER: KnownKey = KnownKey::at(487);
pub const NUMBER_AVAILABLE: KnownKey = KnownKey::at(488);
pub const NUMBER_MISSCHEDULED: KnownKey = KnownKey::at(489);
pub const NUMBER_READY: KnownKey = KnownKey::at(490);
pub const NUMBER_UNAVAILABLE: KnownKey = KnownKey::at(491);
pub const OBJECT: KnownKey = KnownKey::at(492);
pub const OBJECT_SELECTOR: KnownKey = KnownKey::at(493);
pub const OBSERVED_GENERATION: KnownKey = KnownKey::at(494);
pub const OLD_OBJECT: KnownKey = KnownKey::at(495);
pub const ON_EXIT_CODES: KnownKey = KnownKey::at(496);
pub const ON_POD_CONDITIONS: KnownKey = KnownKey::at(497);
pub const OPAQUE: KnownKey = KnownKey::at(498);
pub const OPERATING_SYSTEM: KnownKey = KnownKey::at(499);
pub const OPERATION: KnownKey = KnownKey::at(500);
pub const OPERATIONS: KnownKey = KnownKey::at(501);
pub const OPERATOR: KnownKey = KnownKey::at(502);
pub const OPTIONAL: KnownKey = KnownKey::at(503);
pub const OPTIONS: KnownKey = KnownKey::at(504);
pub const ORDINALS: KnownKey = KnownKey::at(505);
pub const ORPHAN_DEPENDENTS: KnownKey = KnownKey::at(506);
pub const OS: KnownKey = KnownKey::at(507);
pub const OS_IMAGE: KnownKey = KnownKey::at(508);
pub const OVERHEAD: KnownKey = KnownKey::at(509);
pub const OWNER_REFERENCES: KnownKey = KnownKey::at(510);
pub const PARALLELISM: KnownKey = KnownKey::at(511);
pub const PARAM_KIND: KnownKey = KnownKey::at(512);
pub const PARAM_REF: KnownKey = KnownKey::at(513);
pub const PARAMETER_NOT_FOUND_ACTION: KnownKey = KnownKey::at(514);
pub const PARAMETERS: KnownKey = KnownKey::at(515);
pub const PARENT_REF: KnownKey = KnownKey::at(516);
pub const PARTITION: KnownKey = KnownKey::at(517);
pub const PATCH: KnownKey = KnownKey::at(518);
pub const PATCH_TYPE: KnownKey = KnownKey::at(519);
pub const PATH: KnownKey = KnownKey::at(520);
pub const PATH_TYPE: KnownKey = KnownKey::at(521);
pub const PATHS: KnownKey = KnownKey::at(522);
pub const PAUSED: KnownKey = KnownKey::at(523);
pub const PD_ID: KnownKey = KnownKey::at(524);
pub const PD_NAME: KnownKey = KnownKey::at(525);
pub const PER_DEVICE_NODE_SELECTION: KnownKey = KnownKey::at(526);
pub const PERIOD_SECONDS: KnownKey = KnownKey::at(527);
pub const PERSISTENT_VOLUME_CLAIM: KnownKey = KnownKey::at(528);
pub const PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY: KnownKey = KnownKey::at(529);
pub const PERSISTENT_VOLUME_NAME: KnownKey = KnownKey::at(530);
pub const PERSISTENT_VOLUME_RECLAIM_POLICY: KnownKey = KnownKey::at(531);
pub const PHASE: KnownKey = KnownKey::at(532);
pub const PHOTON_PERSISTENT_DISK: KnownKey = KnownKey::at(533);
pub const PING_TIME: KnownKey = KnownKey::at(534);
pub const PKIX_PUBLIC_KEY: KnownKey = KnownKey::at(535);
pub const POD_AFFINITY: KnownKey = KnownKey::at(536);
pub const POD_AFFINITY_TERM: KnownKey = KnownKey::at(537);
pub const POD_ANTI_AFFINITY: KnownKey = KnownKey::at(538);
pub const POD_CIDR: KnownKey = KnownKey::at(539);
pub const POD_CIDRS: KnownKey = KnownKey::at(540);
pub const POD_CERTIFICATE: KnownKey = KnownKey::at(541);
pub const POD_CONTROLLER: KnownKey = KnownKey::at(542);
pub const POD_FAILURE_POLICY: KnownKey = KnownKey::at(543);
pub const POD_FIXED: KnownKey = KnownKey::at(544);
pub const POD_GROUP_NAME: KnownKey = KnownKey::at(545);
pub const POD_GROUP_TEMPLATE_NAME: KnownKey = KnownKey::at(546);
pub const POD_GROUP_TEMPLATE_REF: KnownKey = KnownKey::at(547);
pub const POD_GROUP_TEMPLATES: KnownKey = KnownKey::at(548);
pub const POD_IP: KnownKey = KnownKey::at(549);
pub const POD_IPS: KnownKey = KnownKey::at(550);
pub const POD_INFO_ON_MOUNT: KnownKey = KnownKey::at(551);
pub const POD_MANAGEMENT_POLICY: KnownKey = KnownKey::at(552);
pub const POD_NAME: KnownKey = KnownKey::at(553);
pub const POD_REPLACEMENT_POLICY: KnownKey = KnownKey::at(554);
pub const POD_SELECTOR: KnownKey = KnownKey::at(555);
pub const POD_SIGNATURE: KnownKey = KnownKey::at(556);
pub const POD_UID: KnownKey = KnownKey::at(557);
pub const PODS: KnownKey = KnownKey::at(558);
pub const POLICIES: KnownKey = KnownKey::at(559);
pub const POLICY_NAME: KnownKey = KnownKey::at(560);
pub const POLICY_TYPES: KnownKey = KnownKey::at(561);
pub const POOL: KnownKey = KnownKey::at(562);
pub const POOL_COUNT: KnownKey = KnownKey::at(563);
pub const POOL_NAME: KnownKey = KnownKey::at(564);
pub const POOLS: KnownKey = KnownKey::at(565);
pub const PORT: KnownKey = KnownKey::at(566);
pub const PORTALS: KnownKey = KnownKey::at(567);
pub const PORTS: KnownKey = KnownKey::at(568);
pub const PORTWORX_VOLUME: KnownKey = KnownKey::at(569);
pub const POST_START: KnownKey = KnownKey::at(570);
pub const PRE_STOP: KnownKey = KnownKey::at(571);
pub const PRECONDITIONS: KnownKey = KnownKey::at(572);
pub const PREEMPTION_POLICY: KnownKey = KnownKey::at(573);
pub const PREFER_AVOID_PODS: KnownKey = KnownKey::at(574);
pub const PREFERENCE: KnownKey = KnownKey::at(575);
pub const PREFERRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION: KnownKey = KnownKey::at(576);
pub const PREFERRED_HOLDER: KnownKey = KnownKey::at(577);
pub const PREFERRED_VERSION: KnownKey = KnownKey::at(578);
pub const PREFIX: KnownKey = KnownKey::at(579);
pub const PREVENT_POD_SCHEDULING_IF_MISSING: KnownKey = KnownKey::at(580);
pub const PREVIOUS: KnownKey = KnownKey::at(581);
pub const PRIORITY: KnownKey = KnownKey::at(582);
pub const PRIORITY_CLASS_NAME: KnownKey = KnownKey::at(583);
pub const PRIORITY_LEVEL_CONFIGURATION: KnownKey = KnownKey::at(584);
pub const PRIVILEGED: KnownKey = KnownKey::at(585);
pub const PROC_MOUNT: KnownKey = KnownKey::at(586);
pub const PROGRESS_DEADLINE_SECONDS: KnownKey = KnownKey::at(587);
pub const PROJECTED: KnownKey = KnownKey::at(588);
pub const PROOF_OF_POSSESSION: KnownKey = KnownKey::at(589);
pub const PROPAGATION_POLICY: KnownKey = KnownKey::at(590);
pub const PROTECTION_DOMAIN: KnownKey = KnownKey::at(591);
pub const PROTOCOL: KnownKey = KnownKey::at(592);
pub const PROVIDER_ID: KnownKey = KnownKey::at(593);
pub const PROVISIONER: KnownKey = KnownKey::at(594);
pub const PUBLISH_NOT_READY_ADDRESSES: KnownKey = KnownKey::at(595);
pub const PULL_POLICY: KnownKey = KnownKey::at(596);
pub const QOS_CLASS: KnownKey = KnownKey::at(597);
pub const QUEUE_LENGTH_LIMIT: KnownKey = KnownKey::at(598);
pub const QUEUES: KnownKey = KnownKey::at(599);
pub const QUEUING: KnownKey = KnownKey::at(600);
pub const QUOBYTE: KnownKey = KnownKey::at(601);
pub const RANGE: KnownKey = KnownKey::at(602);
pub const RAW_SELECTOR: KnownKey = KnownKey::at(603);
pub const RBD: KnownKey = KnownKey::at(604);
pub const READ_ONLY: KnownKey = KnownKey::at(605);
pub const READ_ONLY_ROOT_FILESYSTEM: KnownKey = KnownKey::at(606);
pub const READINESS_GATES: KnownKey = KnownKey::at(607);
pub const READINESS_PROBE: KnownKey = KnownKey::at(608);
pub const READY: KnownKey = KnownKey::at(609);
pub const READY_REPLICAS: KnownKey = KnownKey::at(610);
pub const REASON: KnownKey = KnownKey::at(611);
pub const RECLAIM_POLICY: KnownKey = KnownKey::at(612);
pub const RECURSIVE_READ_ONLY: KnownKey = KnownKey::at(613);
pub const RECURSIVE_READ_ONLY_MOUNTS: KnownKey = KnownKey::at(614);
pub const REFERENCE: KnownKey = KnownKey::at(615);
pub const REGARDING: KnownKey = KnownKey::at(616);
pub const REGISTRY: KnownKey = KnownKey::at(617);
pub const REINVOCATION_POLICY: KnownKey = KnownKey::at(618);
pub const RELATED: KnownKey = KnownKey::at(619);
pub const REMAINING_ITEM_COUNT: KnownKey = KnownKey::at(620);
pub const RENEW_TIME: KnownKey = KnownKey::at(621);
pub const REPLICAS: KnownKey = KnownKey::at(622);
pub const REPORTING_COMPONENT: KnownKey = KnownKey::at(623);
pub const REPORTING_CONTROLLER: KnownKey = KnownKey::at(624);
pub const REPORTING_INSTANCE: KnownKey = KnownKey::at(625);
pub const REPOSITORY: KnownKey = KnownKey::at(626);
pub const REQUEST: KnownKey = KnownKey::at(627);
pub const REQUEST_KIND: KnownKey = KnownKey::at(628);
pub const REQUEST_MAPPINGS: KnownKey = KnownKey::at(629);
pub const REQUEST_NAME: KnownKey = KnownKey::at(630);
pub const REQUEST_POLICY: KnownKey = KnownKey::at(631);
pub const REQUEST_RESOURCE: KnownKey = KnownKey::at(632);
pub const REQUEST_SUB_RESOURCE: KnownKey = KnownKey::at(633);
pub const REQUESTS: KnownKey = KnownKey::at(634);
pub const REQUIRED: KnownKey = KnownKey::at(635);
pub const REQUIRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION: KnownKey = KnownKey::at(636);
pub const REQUIREMENTS: KnownKey = KnownKey::at(637);
pub const REQUIRES_REPUBLISH: KnownKey = KnownKey::at(638);
pub const RESERVED_FOR: KnownKey = KnownKey::at(639);
pub const RESIZE: KnownKey = KnownKey::at(640);
pub const RESIZE_POLICY: KnownKey = KnownKey::at(641);
pub const RESOURCE: KnownKey = KnownKey::at(642);
pub const RESOURCE_ATTRIBUTES: KnownKey = KnownKey::at(643);
pub const RESOURCE_CLAIM_NAME: KnownKey = KnownKey::at(644);
pub const RESOURCE_CLAIM_STATUSES: KnownKey = KnownKey::at(645);
pub const RESOURCE_CLAIM_TEMPLATE_NAME: KnownKey = KnownKey::at(646);
pub const RESOURCE_CLAIMS: KnownKey = KnownKey::at(647);
pub const RESOURCE_FIELD_REF: KnownKey = KnownKey::at(648);
pub const RESOURCE_ID: KnownKey = KnownKey::at(649);
pub const RESOURCE_NAME: KnownKey = KnownKey::at(650);
pub const RESOURCE_NAMES: KnownKey = KnownKey::at(651);
pub const RESOURCE_RULES: KnownKey = KnownKey::at(652);
pub const RESOURCE_SLICE_COUNT: KnownKey = KnownKey::at(653);
pub const RESOURCE_VERSION: KnownKey = KnownKey::at(654);
pub const RESOURCE_VERSION_MATCH: KnownKey = KnownKey::at(655);
pub const RESOURCES: KnownKey = KnownKey::at(656);
pub const RESPONSE: KnownKey = KnownKey::at(657);
pub const RESPONSE_KIND: KnownKey = KnownKey::at(658);
pub const RESTART_COUNT: KnownKey = KnownKey::at(659);
pub const RESTART_POLICY: KnownKey = KnownKey::at(660);
pub const RESTART_POLICY_RULES: KnownKey = KnownKey::at(661);
pub const RESULTS: KnownKey = KnownKey::at(662);
pub const RETRY_AFTER_SECONDS: KnownKey = KnownKey::at(663);
pub const REVISION: KnownKey = KnownKey::at(664);
pub const REVISION_HISTORY_LIMIT: KnownKey = KnownKey::at(665);
pub const ROLE: KnownKey = KnownKey::at(666);
pub const ROLE_REF: KnownKey = KnownKey::at(667);
pub const ROLLBACK_TO: KnownKey = KnownKey::at(668);
pub const ROLLING_UPDATE: KnownKey = KnownKey::at(669);
pub const ROWS: KnownKey = KnownKey::at(670);
pub const RULES: KnownKey = KnownKey::at(671);
pub const RUN_AS_GROUP: KnownKey = KnownKey::at(672);
pub const RUN_AS_NON_ROOT: KnownKey = KnownKey::at(673);
pub const RUN_AS_USER: KnownKey = KnownKey::at(674);
pub const RUN_AS_USER_NAME: KnownKey = KnownKey::at(675);
pub const RUNNING: KnownKey = KnownKey::at(676);
pub const RUNTIME_CLASS_NAME: KnownKey = KnownKey::at(677);
pub const RUNTIME_HANDLER: KnownKey = KnownKey::at(678);
pub const RUNTIME_HANDLERS: KnownKey = KnownKey::at(679);
pub const SCALE_DOWN: KnownKey = KnownKey::at(680);
pub const SCALE_IO: KnownKey = KnownKey::at(681);
pub const SCALE_TARGET_REF: KnownKey = KnownKey::at(682);
pub const SCALE_UP: KnownKey = KnownKey::at(683);
pub const SCHEDULE: KnownKey = KnownKey::at(684);
pub const SCHEDULER_NAME: KnownKey = KnownKey::at(685);
pub const SCHEDULING: KnownKey = KnownKey::at(686);
pub const SCHEDULING_CONSTRAINTS: KnownKey = KnownKey::at(687);
pub const SCHEDULING_GATES: KnownKey = KnownKey::at(688);
pub const SCHEDULING_GROUP: KnownKey = KnownKey::at(689);
pub const SCHEDULING_POLICY: KnownKey = KnownKey::at(690);
pub const SCHEME: KnownKey = KnownKey::at(691);
pub const SCOPE: KnownKey = KnownKey::at(692);
pub const SCOPE_NAME: KnownKey = KnownKey::at(693);
pub const SCOPE_SELECTOR: KnownKey = KnownKey::at(694);
pub const SCOPES: KnownKey = KnownKey::at(695);
pub const SE_LINUX_CHANGE_POLICY: KnownKey = KnownKey::at(696);
pub const SE_LINUX_MOUNT: KnownKey = KnownKey::at(697);
pub const SE_LINUX_OPTIONS: KnownKey = KnownKey::at(698);
pub const SEARCHES: KnownKey = KnownKey::at(699);
pub const SECCOMP_PROFILE: KnownKey = KnownKey::at(700);
pub const SECONDS: KnownKey = KnownKey::at(701);
pub const SECRET: KnownKey = KnownKey::at(702);
pub const SECRET_FILE: KnownKey = KnownKey::at(703);
pub const SECRET_KEY_REF: KnownKey = KnownKey::at(704);
pub const SECRET_NAME: KnownKey = KnownKey::at(705);
pub const SECRET_NAMESPACE: KnownKey = KnownKey::at(706);
pub const SECRET_REF: KnownKey = KnownKey::at(707);
pub const SECRETS: KnownKey = KnownKey::at(708);
pub const SECURITY_CONTEXT: KnownKey = KnownKey::at(709);
pub const SELECT_POLICY: KnownKey = KnownKey::at(710);
pub const SELECTOR: KnownKey = KnownKey::at(711);
pub const SELECTORS: KnownKey = KnownKey::at(712);
pub const SELF_LINK: KnownKey = KnownKey::at(713);
pub const SEND_INITIAL_EVENTS: KnownKey = KnownKey::at(714);
pub const SERIES: KnownKey = KnownKey::at(715);
pub const SERVED_VERSIONS: KnownKey = KnownKey::at(716);
pub const SERVER: KnownKey = KnownKey::at(717);
pub const SERVER_ADDRESS: KnownKey = KnownKey::at(718);
pub const SERVER_ADDRESS_BY_CLIENT_CIDRS: KnownKey = KnownKey::at(719);
pub const SERVICE: KnownKey = KnownKey::at(720);
pub const SERVICE_ACCOUNT: KnownKey = KnownKey::at(721);
pub const SERVICE_ACCOUNT_NAME: KnownKey = KnownKey::at(722);
pub const SERVICE_ACCOUNT_TOKEN: KnownKey = KnownKey::at(723);
pub const SERVICE_ACCOUNT_TOKEN_IN_SECRETS: KnownKey = KnownKey::at(724);
pub const SERVICE_ACCOUNT_UID: KnownKey = KnownKey::at(725);
pub const SERVICE_NAME: KnownKey = KnownKey::at(726);
pub const SERVICE_PORT: KnownKey = KnownKey::at(727);
pub const SERVING: KnownKey = KnownKey::at(728);
pub const SESSION_AFFINITY: KnownKey = KnownKey::at(729);
pub const SESSION_AFFINITY_CONFIG: KnownKey = KnownKey::at(730);
pub const SET_HOSTNAME_AS_FQDN: KnownKey = KnownKey::at(731);
pub const SHARD_INFO: KnownKey = KnownKey::at(732);
pub const SHARD_SELECTOR: KnownKey = KnownKey::at(733);
pub const SHARE_ID: KnownKey = KnownKey::at(734);
pub const SHARE_NAME: KnownKey = KnownKey::at(735);
pub const SHARE_PROCESS_NAMESPACE: KnownKey = KnownKey::at(736);
pub const SHARED_COUNTERS: KnownKey = KnownKey::at(737);
pub const SHORT_NAMES: KnownKey = KnownKey::at(738);
pub const SIDE_EFFECTS: KnownKey = KnownKey::at(739);
pub const SIGNAL: KnownKey = KnownKey::at(740);
pub const SIGNER_NAME: KnownKey = KnownKey::at(741);
pub const SINCE_SECONDS: KnownKey = KnownKey::at(742);
pub const SINCE_TIME: KnownKey = KnownKey::at(743);
pub const SINGULAR_NAME: KnownKey = KnownKey::at(744);
pub const SINGULAR_RESOURCE: KnownKey = KnownKey::at(745);
pub const SIZE_BYTES: KnownKey = KnownKey::at(746);
pub const SIZE_LIMIT: KnownKey = KnownKey::at(747);
pub const SLEEP: KnownKey = KnownKey::at(748);
pub const SOURCE: KnownKey = KnownKey::at(749);
pub const SOURCES: KnownKey = KnownKey::at(750);
pub const SPEC: KnownKey = KnownKey::at(751);
pub const SSL_ENABLED: KnownKey = KnownKey::at(752);
pub const STABILIZATION_WINDOW_SECONDS: KnownKey = KnownKey::at(753);
pub const START: KnownKey = KnownKey::at(754);
pub const START_TIME: KnownKey = KnownKey::at(755);
pub const STARTED: KnownKey = KnownKey::at(756);
pub const STARTED_AT: KnownKey = KnownKey::at(757);
pub const STARTING_DEADLINE_SECONDS: KnownKey = KnownKey::at(758);
pub const STARTUP_PROBE: KnownKey = KnownKey::at(759);
pub const STATE: KnownKey = KnownKey::at(760);
pub const STATUS: KnownKey = KnownKey::at(761);
pub const STDERR: KnownKey = KnownKey::at(762);
pub const STDIN: KnownKey = KnownKey::at(763);
pub const STDIN_ONCE: KnownKey = KnownKey::at(764);
pub const STDOUT: KnownKey = KnownKey::at(765);
pub const STEP: KnownKey = KnownKey::at(766);
pub const STOP_SIGNAL: KnownKey = KnownKey::at(767);
pub const STORAGE_CAPACITY: KnownKey = KnownKey::at(768);
pub const STORAGE_CLASS_NAME: KnownKey = KnownKey::at(769);
pub const STORAGE_MODE: KnownKey = KnownKey::at(770);
pub const STORAGE_POLICY_ID: KnownKey = KnownKey::at(771);
pub const STORAGE_POLICY_NAME: KnownKey = KnownKey::at(772);
pub const STORAGE_POOL: KnownKey = KnownKey::at(773);
pub const STORAGE_VERSION_HASH: KnownKey = KnownKey::at(774);
pub const STORAGE_VERSIONS: KnownKey = KnownKey::at(775);
pub const STORAGEOS: KnownKey = KnownKey::at(776);
pub const STRATEGY: KnownKey = KnownKey::at(777);
pub const STREAM: KnownKey = KnownKey::at(778);
pub const STRING: KnownKey = KnownKey::at(779);
pub const STRING_DATA: KnownKey = KnownKey::at(780);
pub const STRINGS: KnownKey = KnownKey::at(781);
pub const STUB_PKCS10_REQUEST: KnownKey = KnownKey::at(782);
pub const SUB_PATH: KnownKey = KnownKey::at(783);
pub const SUB_PATH_EXPR: KnownKey = KnownKey::at(784);
pub const SUB_RESOURCE: KnownKey = KnownKey::at(785);
pub const SUBDOMAIN: KnownKey = KnownKey::at(786);
pub const SUBJECTS: KnownKey = KnownKey::at(787);
pub const SUBRESOURCE: KnownKey = KnownKey::at(788);
pub const SUBRESOURCES: KnownKey = KnownKey::at(789);
pub const SUBSETS: KnownKey = KnownKey::at(790);
pub const SUCCEEDED: KnownKey = KnownKey::at(791);
pub const SUCCEEDED_COUNT: KnownKey = KnownKey::at(792);
pub const SUCCEEDED_INDEXES: KnownKey = KnownKey::at(793);
pub const SUCCESS_POLICY: KnownKey = KnownKey::at(794);
pub const SUCCESS_THRESHOLD: KnownKey = KnownKey::at(795);
pub const SUCCESSFUL_JOBS_HISTORY_LIMIT: KnownKey = KnownKey::at(796);
pub const SUPPLEMENTAL_GROUPS: KnownKey = KnownKey::at(797);
pub const SUPPLEMENTAL_GROUPS_POLICY: KnownKey = KnownKey::at(798);
pub const SUSPEND: KnownKey = KnownKey::at(799);
pub const SWAP: KnownKey = KnownKey::at(800);
pub const SYSCTLS: KnownKey = KnownKey::at(801);
pub const SYSTEM: KnownKey = KnownKey::at(802);
pub const SYSTEM_UUID: KnownKey = KnownKey::at(803);
pub const TAIL_LINES: KnownKey = KnownKey::at(804);
pub const TAINT: KnownKey = KnownKey::at(805);
pub const TAINTS: KnownKey = KnownKey::at(806);
pub const TARGET: KnownKey = KnownKey::at(807);
pub const TARGET_AVERAGE_UTILIZATION: KnownKey = KnownKey::at(808);
pub const TARGET_AVERAGE_VALUE: KnownKey = KnownKey::at(809);
pub const TARGET_CPU_UTILIZATION_PERCENTAGE: KnownKey = KnownKey::at(810);
pub const TARGET_CONTAINER_NAME: KnownKey = KnownKey::at(811);
pub const TARGET_PORT: KnownKey = KnownKey::at(812);
pub const TARGET_PORTAL: KnownKey = KnownKey::at(813);
pub const TARGET_REF: KnownKey = KnownKey::at(814);
pub const TARGET_SELECTOR: KnownKey = KnownKey::at(815);
pub const TARGET_VALUE: KnownKey = KnownKey::at(816);
pub const TARGET_VOLUME_ATTRIBUTES_CLASS_NAME: KnownKey = KnownKey::at(817);
pub const TARGET_WWNS: KnownKey = KnownKey::at(818);
pub const TCP_SOCKET: KnownKey = KnownKey::at(819);
pub const TEMPLATE: KnownKey = KnownKey::at(820);
pub const TEMPLATE_GENERATION: KnownKey = KnownKey::at(821);
pub const TENANT: KnownKey = KnownKey::at(822);
pub const TERMINATED: KnownKey = KnownKey::at(823);
pub const TERMINATING: KnownKey = KnownKey::at(824);
pub const TERMINATING_REPLICAS: KnownKey = KnownKey::at(825);
pub const TERMINATION_GRACE_PERIOD_SECONDS: KnownKey = KnownKey::at(826);
pub const TERMINATION_MESSAGE_PATH: KnownKey = KnownKey::at(827);
pub const TERMINATION_MESSAGE_POLICY: KnownKey = KnownKey::at(828);
pub const TIME: KnownKey = KnownKey::at(829);
pub const TIME_ADDED: KnownKey = KnownKey::at(830);
pub const TIME_ZONE: KnownKey = KnownKey::at(831);
pub const TIMEOUT_SECONDS: KnownKey = KnownKey::at(832);
pub const TIMESTAMPS: KnownKey = KnownKey::at(833);
pub const TLS: KnownKey = KnownKey::at(834);
pub const TO: KnownKey = KnownKey::at(835);
pub const TOKEN: KnownKey = KnownKey::at(836);
pub const TOKEN_REQUESTS: KnownKey = KnownKey::at(837);
pub const TOLERANCE: KnownKey = KnownKey::at(838);
pub const TOLERATION_SECONDS: KnownKey = KnownKey::at(839);
pub const TOLERATIONS: KnownKey = KnownKey::at(840);
pub const TOPOLOGY: KnownKey = KnownKey::at(841);
pub const TOPOLOGY_KEY: KnownKey = KnownKey::at(842);
pub const TOPOLOGY_KEYS: KnownKey = KnownKey::at(843);
pub const TOPOLOGY_SPREAD_CONSTRAINTS: KnownKey = KnownKey::at(844);
pub const TOTAL_DEVICES: KnownKey = KnownKey::at(845);
pub const TRAFFIC_DISTRIBUTION: KnownKey = KnownKey::at(846);
pub const TRUST_BUNDLE: KnownKey = KnownKey::at(847);
pub const TTL_SECONDS_AFTER_FINISHED: KnownKey = KnownKey::at(848);
pub const TTY: KnownKey = KnownKey::at(849);
pub const TYPE: KnownKey = KnownKey::at(850);
pub const TYPE_CHECKING: KnownKey = KnownKey::at(851);
pub const UID: KnownKey = KnownKey::at(852);
pub const UNAVAILABLE_DEVICES: KnownKey = KnownKey::at(853);
pub const UNAVAILABLE_REPLICAS: KnownKey = KnownKey::at(854);
pub const UNCOUNTED_TERMINATED_PODS: KnownKey = KnownKey::at(855);
pub const UNHEALTHY_POD_EVICTION_POLICY: KnownKey = KnownKey::at(856);
pub const UNSCHEDULABLE: KnownKey = KnownKey::at(857);
pub const UNVERIFIED_USER_ANNOTATIONS: KnownKey = KnownKey::at(858);
pub const UPDATE_REVISION: KnownKey = KnownKey::at(859);
pub const UPDATE_STRATEGY: KnownKey = KnownKey::at(860);
pub const UPDATED_ANNOTATIONS: KnownKey = KnownKey::at(861);
pub const UPDATED_NUMBER_SCHEDULED: KnownKey = KnownKey::at(862);
pub const UPDATED_REPLICAS: KnownKey = KnownKey::at(863);
pub const URL: KnownKey = KnownKey::at(864);
pub const USAGES: KnownKey = KnownKey::at(865);
pub const USED: KnownKey = KnownKey::at(866);
pub const USER: KnownKey = KnownKey::at(867);
pub const USER_ANNOTATIONS: KnownKey = KnownKey::at(868);
pub const USER_INFO: KnownKey = KnownKey::at(869);
pub const USER_NAMESPACES: KnownKey = KnownKey::at(870);
pub const USERNAME: KnownKey = KnownKey::at(871);
pub const VALID_RANGE: KnownKey = KnownKey::at(872);
pub const VALID_VALUES: KnownKey = KnownKey::at(873);
pub const VALIDATION_ACTIONS: KnownKey = KnownKey::at(874);
pub const VALIDATION_ERROR: KnownKey = KnownKey::at(875);
pub const VALIDATIONS: KnownKey = KnownKey::at(876);
pub const VALUE: KnownKey = KnownKey::at(877);
pub const VALUE_EXPRESSION: KnownKey = KnownKey::at(878);
pub const VALUE_FROM: KnownKey = KnownKey::at(879);
pub const VALUES: KnownKey = KnownKey::at(880);
pub const VARIABLES: KnownKey = KnownKey::at(881);
pub const VERB: KnownKey = KnownKey::at(882);
pub const VERBS: KnownKey = KnownKey::at(883);
pub const VERSION: KnownKey = KnownKey::at(884);
pub const VERSIONS: KnownKey = KnownKey::at(885);
pub const VOLUME: KnownKey = KnownKey::at(886);
pub const VOLUME_ATTRIBUTES: KnownKey = KnownKey::at(887);
pub const VOLUME_ATTRIBUTES_CLASS_NAME: KnownKey = KnownKey::at(888);
pub const VOLUME_BINDING_MODE: KnownKey = KnownKey::at(889);
pub const VOLUME_CLAIM_TEMPLATE: KnownKey = KnownKey::at(890);
pub const VOLUME_CLAIM_TEMPLATES: KnownKey = KnownKey::at(891);
pub const VOLUME_DEVICES: KnownKey = KnownKey::at(892);
pub const VOLUME_HANDLE: KnownKey = KnownKey::at(893);
pub const VOLUME_ID: KnownKey = KnownKey::at(894);
pub const VOLUME_LIFECYCLE_MODES: KnownKey = KnownKey::at(895);
pub const VOLUME_MODE: KnownKey = KnownKey::at(896);
pub const VOLUME_MOUNTS: KnownKey = KnownKey::at(897);
pub const VOLUME_NAME: KnownKey = KnownKey::at(898);
pub const VOLUME_NAMESPACE: KnownKey = KnownKey::at(899);
pub const VOLUME_PATH: KnownKey = KnownKey::at(900);
pub const VOLUME_STATUS: KnownKey = KnownKey::at(901);
pub const VOLUMES: KnownKey = KnownKey::at(902);
pub const VOLUMES_ATTACHED: KnownKey = KnownKey::at(903);
pub const VOLUMES_IN_USE: KnownKey = KnownKey::at(904);
pub const VSPHERE_VOLUME: KnownKey = KnownKey::at(905);
pub const WAITING: KnownKey = KnownKey::at(906);
pub const WARNING: KnownKey = KnownKey::at(907);
pub const WARNINGS: KnownKey = KnownKey::at(908);
pub const WATCH: KnownKey = KnownKey::at(909);
pub const WEBHOOKS: KnownKey = KnownKey::at(910);
pub const WEIGHT: KnownKey = KnownKey::at(911);
pub const WHEN_DELETED: KnownKey = KnownKey::at(912);
pub const WHEN_SCALED: KnownKey = KnownKey::at(913);
pub const WHEN_UNSATISFIABLE: KnownKey = KnownKey::at(914);
pub const WINDOWS_OPTIONS: KnownKey = KnownKey::at(915);
pub const WORKING_DIR: KnownKey = KnownKey::at(916);
pub const WORKLOAD: KnownKey = KnownKey::at(917);
pub const WORKLOAD_NAME: KnownKey = KnownKey::at(918);
pub const WWIDS: KnownKey = KnownKey::at(919);
pub const ZONE: KnownKey = KnownKey::at(920);
