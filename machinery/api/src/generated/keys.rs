// Made by `cargo xtask codegen`; do not edit.
//! Every field name of the API, sorted.

#![allow(missing_docs, reason = "the names are the API's own")]

use crate::key::KnownKey;

pub(crate) static KNOWN: &[&str] = &[
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

pub const PORT_CAPITAL: KnownKey = KnownKey(0);
pub const ACCEPTED_TYPES: KnownKey = KnownKey(1);
pub const ACCESS_MODES: KnownKey = KnownKey(2);
pub const ACQUIRE_TIME: KnownKey = KnownKey(3);
pub const ACTION: KnownKey = KnownKey(4);
pub const ACTIVE: KnownKey = KnownKey(5);
pub const ACTIVE_DEADLINE_SECONDS: KnownKey = KnownKey(6);
pub const ADD: KnownKey = KnownKey(7);
pub const ADDRESS: KnownKey = KnownKey(8);
pub const ADDRESS_TYPE: KnownKey = KnownKey(9);
pub const ADDRESSES: KnownKey = KnownKey(10);
pub const ADMIN_ACCESS: KnownKey = KnownKey(11);
pub const ADMISSION_REVIEW_VERSIONS: KnownKey = KnownKey(12);
pub const AFFINITY: KnownKey = KnownKey(13);
pub const AGGREGATION_RULE: KnownKey = KnownKey(14);
pub const ALL_NODES: KnownKey = KnownKey(15);
pub const ALLOCATABLE: KnownKey = KnownKey(16);
pub const ALLOCATE_LOAD_BALANCER_NODE_PORTS: KnownKey = KnownKey(17);
pub const ALLOCATED_DEVICES: KnownKey = KnownKey(18);
pub const ALLOCATED_RESOURCE_STATUSES: KnownKey = KnownKey(19);
pub const ALLOCATED_RESOURCES: KnownKey = KnownKey(20);
pub const ALLOCATED_RESOURCES_STATUS: KnownKey = KnownKey(21);
pub const ALLOCATION: KnownKey = KnownKey(22);
pub const ALLOCATION_MODE: KnownKey = KnownKey(23);
pub const ALLOCATION_MULTIPLIER: KnownKey = KnownKey(24);
pub const ALLOCATION_TIMESTAMP: KnownKey = KnownKey(25);
pub const ALLOW_MULTIPLE_ALLOCATIONS: KnownKey = KnownKey(26);
pub const ALLOW_PRIVILEGE_ESCALATION: KnownKey = KnownKey(27);
pub const ALLOW_VOLUME_EXPANSION: KnownKey = KnownKey(28);
pub const ALLOW_WATCH_BOOKMARKS: KnownKey = KnownKey(29);
pub const ALLOWED: KnownKey = KnownKey(30);
pub const ALLOWED_TOPOLOGIES: KnownKey = KnownKey(31);
pub const ANNOTATIONS: KnownKey = KnownKey(32);
pub const API_GROUP: KnownKey = KnownKey(33);
pub const API_GROUPS: KnownKey = KnownKey(34);
pub const API_SERVER_ID: KnownKey = KnownKey(35);
pub const API_VERSION: KnownKey = KnownKey(36);
pub const API_VERSIONS: KnownKey = KnownKey(37);
pub const APP_ARMOR_PROFILE: KnownKey = KnownKey(38);
pub const APP_PROTOCOL: KnownKey = KnownKey(39);
pub const APPLY_CONFIGURATION: KnownKey = KnownKey(40);
pub const ARCHITECTURE: KnownKey = KnownKey(41);
pub const ARGS: KnownKey = KnownKey(42);
pub const ASSIGNED: KnownKey = KnownKey(43);
pub const ASSURED_CONCURRENCY_SHARES: KnownKey = KnownKey(44);
pub const ATTACH_ERROR: KnownKey = KnownKey(45);
pub const ATTACH_REQUIRED: KnownKey = KnownKey(46);
pub const ATTACHED: KnownKey = KnownKey(47);
pub const ATTACHER: KnownKey = KnownKey(48);
pub const ATTACHMENT_METADATA: KnownKey = KnownKey(49);
pub const ATTRIBUTES: KnownKey = KnownKey(50);
pub const AUDIENCE: KnownKey = KnownKey(51);
pub const AUDIENCES: KnownKey = KnownKey(52);
pub const AUDIT_ANNOTATIONS: KnownKey = KnownKey(53);
pub const AUTHENTICATED: KnownKey = KnownKey(54);
pub const AUTOMOUNT_SERVICE_ACCOUNT_TOKEN: KnownKey = KnownKey(55);
pub const AVAILABLE_DEVICES: KnownKey = KnownKey(56);
pub const AVAILABLE_REPLICAS: KnownKey = KnownKey(57);
pub const AVERAGE_UTILIZATION: KnownKey = KnownKey(58);
pub const AVERAGE_VALUE: KnownKey = KnownKey(59);
pub const AWS_ELASTIC_BLOCK_STORE: KnownKey = KnownKey(60);
pub const AZURE_DISK: KnownKey = KnownKey(61);
pub const AZURE_FILE: KnownKey = KnownKey(62);
pub const BACKEND: KnownKey = KnownKey(63);
pub const BACKOFF_LIMIT: KnownKey = KnownKey(64);
pub const BACKOFF_LIMIT_PER_INDEX: KnownKey = KnownKey(65);
pub const BASIC: KnownKey = KnownKey(66);
pub const BEGIN_REFRESH_AT: KnownKey = KnownKey(67);
pub const BEHAVIOR: KnownKey = KnownKey(68);
pub const BINARY_DATA: KnownKey = KnownKey(69);
pub const BINARY_VERSION: KnownKey = KnownKey(70);
pub const BINDING_CONDITIONS: KnownKey = KnownKey(71);
pub const BINDING_FAILURE_CONDITIONS: KnownKey = KnownKey(72);
pub const BINDS_TO_NODE: KnownKey = KnownKey(73);
pub const BLOCK_OWNER_DELETION: KnownKey = KnownKey(74);
pub const BOOL: KnownKey = KnownKey(75);
pub const BOOLS: KnownKey = KnownKey(76);
pub const BOOT_ID: KnownKey = KnownKey(77);
pub const BORROWING_LIMIT_PERCENT: KnownKey = KnownKey(78);
pub const BOUND_OBJECT_REF: KnownKey = KnownKey(79);
pub const CA_BUNDLE: KnownKey = KnownKey(80);
pub const CACHING_MODE: KnownKey = KnownKey(81);
pub const CAPABILITIES: KnownKey = KnownKey(82);
pub const CAPACITY: KnownKey = KnownKey(83);
pub const CAPACITY_KEY: KnownKey = KnownKey(84);
pub const CATEGORIES: KnownKey = KnownKey(85);
pub const CAUSES: KnownKey = KnownKey(86);
pub const CEL: KnownKey = KnownKey(87);
pub const CELLS: KnownKey = KnownKey(88);
pub const CEPHFS: KnownKey = KnownKey(89);
pub const CERTIFICATE: KnownKey = KnownKey(90);
pub const CERTIFICATE_CHAIN: KnownKey = KnownKey(91);
pub const CERTIFICATE_CHAIN_PATH: KnownKey = KnownKey(92);
pub const CHAP_AUTH_DISCOVERY: KnownKey = KnownKey(93);
pub const CHAP_AUTH_SESSION: KnownKey = KnownKey(94);
pub const CIDR: KnownKey = KnownKey(95);
pub const CIDRS: KnownKey = KnownKey(96);
pub const CINDER: KnownKey = KnownKey(97);
pub const CLAIM_NAME: KnownKey = KnownKey(98);
pub const CLAIM_REF: KnownKey = KnownKey(99);
pub const CLAIMS: KnownKey = KnownKey(100);
pub const CLIENT_CIDR: KnownKey = KnownKey(101);
pub const CLIENT_CONFIG: KnownKey = KnownKey(102);
pub const CLIENT_IP: KnownKey = KnownKey(103);
pub const CLUSTER_IP: KnownKey = KnownKey(104);
pub const CLUSTER_IPS: KnownKey = KnownKey(105);
pub const CLUSTER_ROLE_SELECTORS: KnownKey = KnownKey(106);
pub const CLUSTER_SCOPE: KnownKey = KnownKey(107);
pub const CLUSTER_TRUST_BUNDLE: KnownKey = KnownKey(108);
pub const CODE: KnownKey = KnownKey(109);
pub const COLLISION_COUNT: KnownKey = KnownKey(110);
pub const COLUMN_DEFINITIONS: KnownKey = KnownKey(111);
pub const COMMAND: KnownKey = KnownKey(112);
pub const COMMON_ENCODING_VERSION: KnownKey = KnownKey(113);
pub const COMPLETED_INDEXES: KnownKey = KnownKey(114);
pub const COMPLETION_MODE: KnownKey = KnownKey(115);
pub const COMPLETION_TIME: KnownKey = KnownKey(116);
pub const COMPLETIONS: KnownKey = KnownKey(117);
pub const COMPONENT: KnownKey = KnownKey(118);
pub const CONCURRENCY_POLICY: KnownKey = KnownKey(119);
pub const CONDITION_TYPE: KnownKey = KnownKey(120);
pub const CONDITIONS: KnownKey = KnownKey(121);
pub const CONFIG: KnownKey = KnownKey(122);
pub const CONFIG_MAP: KnownKey = KnownKey(123);
pub const CONFIG_MAP_KEY_REF: KnownKey = KnownKey(124);
pub const CONFIG_MAP_REF: KnownKey = KnownKey(125);
pub const CONFIG_SOURCE: KnownKey = KnownKey(126);
pub const CONSTRAINTS: KnownKey = KnownKey(127);
pub const CONSUMED_CAPACITY: KnownKey = KnownKey(128);
pub const CONSUMES_COUNTERS: KnownKey = KnownKey(129);
pub const CONTAINER: KnownKey = KnownKey(130);
pub const CONTAINER_ID: KnownKey = KnownKey(131);
pub const CONTAINER_NAME: KnownKey = KnownKey(132);
pub const CONTAINER_PORT: KnownKey = KnownKey(133);
pub const CONTAINER_RESOURCE: KnownKey = KnownKey(134);
pub const CONTAINER_RUNTIME_VERSION: KnownKey = KnownKey(135);
pub const CONTAINER_STATUSES: KnownKey = KnownKey(136);
pub const CONTAINERS: KnownKey = KnownKey(137);
pub const CONTINUE: KnownKey = KnownKey(138);
pub const CONTROLLER: KnownKey = KnownKey(139);
pub const CONTROLLER_EXPAND_SECRET_REF: KnownKey = KnownKey(140);
pub const CONTROLLER_PUBLISH_SECRET_REF: KnownKey = KnownKey(141);
pub const CONTROLLER_REF: KnownKey = KnownKey(142);
pub const COUNT: KnownKey = KnownKey(143);
pub const COUNTER_SET: KnownKey = KnownKey(144);
pub const COUNTERS: KnownKey = KnownKey(145);
pub const CREATION_TIMESTAMP: KnownKey = KnownKey(146);
pub const CREDENTIAL_BUNDLE_PATH: KnownKey = KnownKey(147);
pub const CSI: KnownKey = KnownKey(148);
pub const CURRENT: KnownKey = KnownKey(149);
pub const CURRENT_AVERAGE_UTILIZATION: KnownKey = KnownKey(150);
pub const CURRENT_AVERAGE_VALUE: KnownKey = KnownKey(151);
pub const CURRENT_CPU_UTILIZATION_PERCENTAGE: KnownKey = KnownKey(152);
pub const CURRENT_HEALTHY: KnownKey = KnownKey(153);
pub const CURRENT_METRICS: KnownKey = KnownKey(154);
pub const CURRENT_NUMBER_SCHEDULED: KnownKey = KnownKey(155);
pub const CURRENT_REPLICAS: KnownKey = KnownKey(156);
pub const CURRENT_REVISION: KnownKey = KnownKey(157);
pub const CURRENT_VALUE: KnownKey = KnownKey(158);
pub const CURRENT_VOLUME_ATTRIBUTES_CLASS_NAME: KnownKey = KnownKey(159);
pub const DAEMON_ENDPOINTS: KnownKey = KnownKey(160);
pub const DATA: KnownKey = KnownKey(161);
pub const DATA_SOURCE: KnownKey = KnownKey(162);
pub const DATA_SOURCE_REF: KnownKey = KnownKey(163);
pub const DATASET_NAME: KnownKey = KnownKey(164);
pub const DATASET_UUID: KnownKey = KnownKey(165);
pub const DECLARED_FEATURES: KnownKey = KnownKey(166);
pub const DECODABLE_VERSIONS: KnownKey = KnownKey(167);
pub const DEFAULT: KnownKey = KnownKey(168);
pub const DEFAULT_BACKEND: KnownKey = KnownKey(169);
pub const DEFAULT_MODE: KnownKey = KnownKey(170);
pub const DEFAULT_REQUEST: KnownKey = KnownKey(171);
pub const DELETE_OPTIONS: KnownKey = KnownKey(172);
pub const DELETION_GRACE_PERIOD_SECONDS: KnownKey = KnownKey(173);
pub const DELETION_TIMESTAMP: KnownKey = KnownKey(174);
pub const DENIED: KnownKey = KnownKey(175);
pub const DEPRECATED_COUNT: KnownKey = KnownKey(176);
pub const DEPRECATED_FIRST_TIMESTAMP: KnownKey = KnownKey(177);
pub const DEPRECATED_LAST_TIMESTAMP: KnownKey = KnownKey(178);
pub const DEPRECATED_SOURCE: KnownKey = KnownKey(179);
pub const DEPRECATED_TOPOLOGY: KnownKey = KnownKey(180);
pub const DESCRIBED_OBJECT: KnownKey = KnownKey(181);
pub const DESCRIPTION: KnownKey = KnownKey(182);
pub const DESIRED_HEALTHY: KnownKey = KnownKey(183);
pub const DESIRED_NUMBER_SCHEDULED: KnownKey = KnownKey(184);
pub const DESIRED_REPLICAS: KnownKey = KnownKey(185);
pub const DETACH_ERROR: KnownKey = KnownKey(186);
pub const DETAILS: KnownKey = KnownKey(187);
pub const DEVICE: KnownKey = KnownKey(188);
pub const DEVICE_CLASS_NAME: KnownKey = KnownKey(189);
pub const DEVICE_PATH: KnownKey = KnownKey(190);
pub const DEVICE_SELECTOR: KnownKey = KnownKey(191);
pub const DEVICES: KnownKey = KnownKey(192);
pub const DIRECTORY: KnownKey = KnownKey(193);
pub const DISK_NAME: KnownKey = KnownKey(194);
pub const DISK_URI: KnownKey = KnownKey(195);
pub const DISRUPTED_PODS: KnownKey = KnownKey(196);
pub const DISRUPTION_MODE: KnownKey = KnownKey(197);
pub const DISRUPTIONS_ALLOWED: KnownKey = KnownKey(198);
pub const DISTINCT_ATTRIBUTE: KnownKey = KnownKey(199);
pub const DISTINGUISHER_METHOD: KnownKey = KnownKey(200);
pub const DIVISOR: KnownKey = KnownKey(201);
pub const DNS_CONFIG: KnownKey = KnownKey(202);
pub const DNS_POLICY: KnownKey = KnownKey(203);
pub const DOWNWARD_API: KnownKey = KnownKey(204);
pub const DRIVER: KnownKey = KnownKey(205);
pub const DRIVER_NAME: KnownKey = KnownKey(206);
pub const DRIVERS: KnownKey = KnownKey(207);
pub const DROP: KnownKey = KnownKey(208);
pub const DRY_RUN: KnownKey = KnownKey(209);
pub const EFFECT: KnownKey = KnownKey(210);
pub const EGRESS: KnownKey = KnownKey(211);
pub const EMPTY_DIR: KnownKey = KnownKey(212);
pub const EMULATION_VERSION: KnownKey = KnownKey(213);
pub const ENABLE_SERVICE_LINKS: KnownKey = KnownKey(214);
pub const ENCODING_VERSION: KnownKey = KnownKey(215);
pub const END_PORT: KnownKey = KnownKey(216);
pub const ENDPOINTS: KnownKey = KnownKey(217);
pub const ENDPOINTS_NAMESPACE: KnownKey = KnownKey(218);
pub const ENV: KnownKey = KnownKey(219);
pub const ENV_FROM: KnownKey = KnownKey(220);
pub const EPHEMERAL: KnownKey = KnownKey(221);
pub const EPHEMERAL_CONTAINER_STATUSES: KnownKey = KnownKey(222);
pub const EPHEMERAL_CONTAINERS: KnownKey = KnownKey(223);
pub const ERROR: KnownKey = KnownKey(224);
pub const ERROR_CODE: KnownKey = KnownKey(225);
pub const EVALUATION_ERROR: KnownKey = KnownKey(226);
pub const EVENT_TIME: KnownKey = KnownKey(227);
pub const EVICTION_TIME: KnownKey = KnownKey(228);
pub const EXACTLY: KnownKey = KnownKey(229);
pub const EXCEPT: KnownKey = KnownKey(230);
pub const EXCLUDE_RESOURCE_RULES: KnownKey = KnownKey(231);
pub const EXEC: KnownKey = KnownKey(232);
pub const EXEMPT: KnownKey = KnownKey(233);
pub const EXIT_CODE: KnownKey = KnownKey(234);
pub const EXIT_CODES: KnownKey = KnownKey(235);
pub const EXPECTED_PODS: KnownKey = KnownKey(236);
pub const EXPIRATION_SECONDS: KnownKey = KnownKey(237);
pub const EXPIRATION_TIMESTAMP: KnownKey = KnownKey(238);
pub const EXPRESSION: KnownKey = KnownKey(239);
pub const EXPRESSION_WARNINGS: KnownKey = KnownKey(240);
pub const EXTENDED_RESOURCE_CLAIM_STATUS: KnownKey = KnownKey(241);
pub const EXTENDED_RESOURCE_NAME: KnownKey = KnownKey(242);
pub const EXTERNAL: KnownKey = KnownKey(243);
pub const EXTERNAL_ID: KnownKey = KnownKey(244);
pub const EXTERNAL_IPS: KnownKey = KnownKey(245);
pub const EXTERNAL_NAME: KnownKey = KnownKey(246);
pub const EXTERNAL_TRAFFIC_POLICY: KnownKey = KnownKey(247);
pub const EXTRA: KnownKey = KnownKey(248);
pub const FAILED: KnownKey = KnownKey(249);
pub const FAILED_INDEXES: KnownKey = KnownKey(250);
pub const FAILED_JOBS_HISTORY_LIMIT: KnownKey = KnownKey(251);
pub const FAILURE_POLICY: KnownKey = KnownKey(252);
pub const FAILURE_THRESHOLD: KnownKey = KnownKey(253);
pub const FC: KnownKey = KnownKey(254);
pub const FEATURES: KnownKey = KnownKey(255);
pub const FIELD: KnownKey = KnownKey(256);
pub const FIELD_MANAGER: KnownKey = KnownKey(257);
pub const FIELD_PATH: KnownKey = KnownKey(258);
pub const FIELD_REF: KnownKey = KnownKey(259);
pub const FIELD_SELECTOR: KnownKey = KnownKey(260);
pub const FIELD_VALIDATION: KnownKey = KnownKey(261);
pub const FIELDS_TYPE: KnownKey = KnownKey(262);
pub const FIELDS_V1: KnownKey = KnownKey(263);
pub const FILE_KEY_REF: KnownKey = KnownKey(264);
pub const FINALIZERS: KnownKey = KnownKey(265);
pub const FINISHED_AT: KnownKey = KnownKey(266);
pub const FIRST_AVAILABLE: KnownKey = KnownKey(267);
pub const FIRST_TIMESTAMP: KnownKey = KnownKey(268);
pub const FLEX_VOLUME: KnownKey = KnownKey(269);
pub const FLOCKER: KnownKey = KnownKey(270);
pub const FOLLOW: KnownKey = KnownKey(271);
pub const FOR_NODES: KnownKey = KnownKey(272);
pub const FOR_ZONES: KnownKey = KnownKey(273);
pub const FORCE: KnownKey = KnownKey(274);
pub const FORMAT: KnownKey = KnownKey(275);
pub const FRESHNESS: KnownKey = KnownKey(276);
pub const FROM: KnownKey = KnownKey(277);
pub const FS_GROUP: KnownKey = KnownKey(278);
pub const FS_GROUP_CHANGE_POLICY: KnownKey = KnownKey(279);
pub const FS_GROUP_POLICY: KnownKey = KnownKey(280);
pub const FS_TYPE: KnownKey = KnownKey(281);
pub const FULLY_LABELED_REPLICAS: KnownKey = KnownKey(282);
pub const GANG: KnownKey = KnownKey(283);
pub const GATEWAY: KnownKey = KnownKey(284);
pub const GCE_PERSISTENT_DISK: KnownKey = KnownKey(285);
pub const GENERATE_NAME: KnownKey = KnownKey(286);
pub const GENERATION: KnownKey = KnownKey(287);
pub const GID: KnownKey = KnownKey(288);
pub const GIT_REPO: KnownKey = KnownKey(289);
pub const GLOBAL_DEFAULT: KnownKey = KnownKey(290);
pub const GLUSTERFS: KnownKey = KnownKey(291);
pub const GMSA_CREDENTIAL_SPEC: KnownKey = KnownKey(292);
pub const GMSA_CREDENTIAL_SPEC_NAME: KnownKey = KnownKey(293);
pub const GRACE_PERIOD_SECONDS: KnownKey = KnownKey(294);
pub const GROUP: KnownKey = KnownKey(295);
pub const GROUP_VERSION: KnownKey = KnownKey(296);
pub const GROUPS: KnownKey = KnownKey(297);
pub const GRPC: KnownKey = KnownKey(298);
pub const HAND_SIZE: KnownKey = KnownKey(299);
pub const HANDLER: KnownKey = KnownKey(300);
pub const HARD: KnownKey = KnownKey(301);
pub const HARDWARE_ADDRESS: KnownKey = KnownKey(302);
pub const HEALTH: KnownKey = KnownKey(303);
pub const HEALTH_CHECK_NODE_PORT: KnownKey = KnownKey(304);
pub const HINTS: KnownKey = KnownKey(305);
pub const HOLDER_IDENTITY: KnownKey = KnownKey(306);
pub const HOST: KnownKey = KnownKey(307);
pub const HOST_ALIASES: KnownKey = KnownKey(308);
pub const HOST_IP: KnownKey = KnownKey(309);
pub const HOST_IPC: KnownKey = KnownKey(310);
pub const HOST_IPS: KnownKey = KnownKey(311);
pub const HOST_NETWORK: KnownKey = KnownKey(312);
pub const HOST_PID: KnownKey = KnownKey(313);
pub const HOST_PATH: KnownKey = KnownKey(314);
pub const HOST_PORT: KnownKey = KnownKey(315);
pub const HOST_PROCESS: KnownKey = KnownKey(316);
pub const HOST_USERS: KnownKey = KnownKey(317);
pub const HOSTNAME: KnownKey = KnownKey(318);
pub const HOSTNAME_OVERRIDE: KnownKey = KnownKey(319);
pub const HOSTNAMES: KnownKey = KnownKey(320);
pub const HOSTS: KnownKey = KnownKey(321);
pub const HTTP: KnownKey = KnownKey(322);
pub const HTTP_GET: KnownKey = KnownKey(323);
pub const HTTP_HEADERS: KnownKey = KnownKey(324);
pub const IGNORE_STORE_READ_ERROR_WITH_CLUSTER_BREAKING_POTENTIAL: KnownKey = KnownKey(325);
pub const IMAGE: KnownKey = KnownKey(326);
pub const IMAGE_ID: KnownKey = KnownKey(327);
pub const IMAGE_PULL_POLICY: KnownKey = KnownKey(328);
pub const IMAGE_PULL_SECRETS: KnownKey = KnownKey(329);
pub const IMAGE_REF: KnownKey = KnownKey(330);
pub const IMAGES: KnownKey = KnownKey(331);
pub const IMMUTABLE: KnownKey = KnownKey(332);
pub const INCLUDE_OBJECT: KnownKey = KnownKey(333);
pub const INCOMPLETE: KnownKey = KnownKey(334);
pub const INGRESS: KnownKey = KnownKey(335);
pub const INGRESS_CLASS_NAME: KnownKey = KnownKey(336);
pub const INIT_CONTAINER_STATUSES: KnownKey = KnownKey(337);
pub const INIT_CONTAINERS: KnownKey = KnownKey(338);
pub const INITIAL_DELAY_SECONDS: KnownKey = KnownKey(339);
pub const INITIATOR_NAME: KnownKey = KnownKey(340);
pub const INLINE_VOLUME_SPEC: KnownKey = KnownKey(341);
pub const INSECURE_SKIP_TLS_VERIFY_BACKEND: KnownKey = KnownKey(342);
pub const INT: KnownKey = KnownKey(343);
pub const INTERFACE_NAME: KnownKey = KnownKey(344);
pub const INTERNAL_TRAFFIC_POLICY: KnownKey = KnownKey(345);
pub const INTS: KnownKey = KnownKey(346);
pub const INVOLVED_OBJECT: KnownKey = KnownKey(347);
pub const IP: KnownKey = KnownKey(348);
pub const IP_BLOCK: KnownKey = KnownKey(349);
pub const IP_FAMILIES: KnownKey = KnownKey(350);
pub const IP_FAMILY_POLICY: KnownKey = KnownKey(351);
pub const IP_MODE: KnownKey = KnownKey(352);
pub const IPS: KnownKey = KnownKey(353);
pub const IQN: KnownKey = KnownKey(354);
pub const ISCSI: KnownKey = KnownKey(355);
pub const ISCSI_INTERFACE: KnownKey = KnownKey(356);
pub const ITEMS: KnownKey = KnownKey(357);
pub const JOB_TEMPLATE: KnownKey = KnownKey(358);
pub const JSON_PATCH: KnownKey = KnownKey(359);
pub const KERNEL_VERSION: KnownKey = KnownKey(360);
pub const KEY: KnownKey = KnownKey(361);
pub const KEY_PATH: KnownKey = KnownKey(362);
pub const KEY_TYPE: KnownKey = KnownKey(363);
pub const KEYRING: KnownKey = KnownKey(364);
pub const KIND: KnownKey = KnownKey(365);
pub const KUBE_PROXY_VERSION: KnownKey = KnownKey(366);
pub const KUBELET_CONFIG_KEY: KnownKey = KnownKey(367);
pub const KUBELET_ENDPOINT: KnownKey = KnownKey(368);
pub const KUBELET_VERSION: KnownKey = KnownKey(369);
pub const LABEL_SELECTOR: KnownKey = KnownKey(370);
pub const LABELS: KnownKey = KnownKey(371);
pub const LAST_HEARTBEAT_TIME: KnownKey = KnownKey(372);
pub const LAST_KNOWN_GOOD: KnownKey = KnownKey(373);
pub const LAST_OBSERVED_TIME: KnownKey = KnownKey(374);
pub const LAST_PHASE_TRANSITION_TIME: KnownKey = KnownKey(375);
pub const LAST_PROBE_TIME: KnownKey = KnownKey(376);
pub const LAST_SCALE_TIME: KnownKey = KnownKey(377);
pub const LAST_SCHEDULE_TIME: KnownKey = KnownKey(378);
pub const LAST_STATE: KnownKey = KnownKey(379);
pub const LAST_SUCCESSFUL_TIME: KnownKey = KnownKey(380);
pub const LAST_TIMESTAMP: KnownKey = KnownKey(381);
pub const LAST_TRANSITION_TIME: KnownKey = KnownKey(382);
pub const LAST_UPDATE_TIME: KnownKey = KnownKey(383);
pub const LEASE_DURATION_SECONDS: KnownKey = KnownKey(384);
pub const LEASE_NAME: KnownKey = KnownKey(385);
pub const LEASE_TRANSITIONS: KnownKey = KnownKey(386);
pub const LENDABLE_PERCENT: KnownKey = KnownKey(387);
pub const LEVEL: KnownKey = KnownKey(388);
pub const LIFECYCLE: KnownKey = KnownKey(389);
pub const LIMIT: KnownKey = KnownKey(390);
pub const LIMIT_BYTES: KnownKey = KnownKey(391);
pub const LIMIT_RESPONSE: KnownKey = KnownKey(392);
pub const LIMITED: KnownKey = KnownKey(393);
pub const LIMITS: KnownKey = KnownKey(394);
pub const LINUX: KnownKey = KnownKey(395);
pub const LIVENESS_PROBE: KnownKey = KnownKey(396);
pub const LOAD_BALANCER: KnownKey = KnownKey(397);
pub const LOAD_BALANCER_CLASS: KnownKey = KnownKey(398);
pub const LOAD_BALANCER_IP: KnownKey = KnownKey(399);
pub const LOAD_BALANCER_SOURCE_RANGES: KnownKey = KnownKey(400);
pub const LOCAL: KnownKey = KnownKey(401);
pub const LOCALHOST_PROFILE: KnownKey = KnownKey(402);
pub const LUN: KnownKey = KnownKey(403);
pub const MACHINE_ID: KnownKey = KnownKey(404);
pub const MANAGED_BY: KnownKey = KnownKey(405);
pub const MANAGED_FIELDS: KnownKey = KnownKey(406);
pub const MANAGER: KnownKey = KnownKey(407);
pub const MANUAL_SELECTOR: KnownKey = KnownKey(408);
pub const MATCH_ATTRIBUTE: KnownKey = KnownKey(409);
pub const MATCH_CONDITIONS: KnownKey = KnownKey(410);
pub const MATCH_CONSTRAINTS: KnownKey = KnownKey(411);
pub const MATCH_EXPRESSIONS: KnownKey = KnownKey(412);
pub const MATCH_FIELDS: KnownKey = KnownKey(413);
pub const MATCH_LABEL_EXPRESSIONS: KnownKey = KnownKey(414);
pub const MATCH_LABEL_KEYS: KnownKey = KnownKey(415);
pub const MATCH_LABELS: KnownKey = KnownKey(416);
pub const MATCH_POLICY: KnownKey = KnownKey(417);
pub const MATCH_RESOURCES: KnownKey = KnownKey(418);
pub const MATCHING_PRECEDENCE: KnownKey = KnownKey(419);
pub const MAX: KnownKey = KnownKey(420);
pub const MAX_EXPIRATION_SECONDS: KnownKey = KnownKey(421);
pub const MAX_FAILED_INDEXES: KnownKey = KnownKey(422);
pub const MAX_LIMIT_REQUEST_RATIO: KnownKey = KnownKey(423);
pub const MAX_REPLICAS: KnownKey = KnownKey(424);
pub const MAX_SKEW: KnownKey = KnownKey(425);
pub const MAX_SURGE: KnownKey = KnownKey(426);
pub const MAX_UNAVAILABLE: KnownKey = KnownKey(427);
pub const MAXIMUM_VOLUME_SIZE: KnownKey = KnownKey(428);
pub const MEDIUM: KnownKey = KnownKey(429);
pub const MESSAGE: KnownKey = KnownKey(430);
pub const MESSAGE_EXPRESSION: KnownKey = KnownKey(431);
pub const METADATA: KnownKey = KnownKey(432);
pub const METRIC: KnownKey = KnownKey(433);
pub const METRIC_NAME: KnownKey = KnownKey(434);
pub const METRIC_SELECTOR: KnownKey = KnownKey(435);
pub const METRICS: KnownKey = KnownKey(436);
pub const MIN: KnownKey = KnownKey(437);
pub const MIN_AVAILABLE: KnownKey = KnownKey(438);
pub const MIN_COUNT: KnownKey = KnownKey(439);
pub const MIN_DOMAINS: KnownKey = KnownKey(440);
pub const MIN_READY_SECONDS: KnownKey = KnownKey(441);
pub const MIN_REPLICAS: KnownKey = KnownKey(442);
pub const MISMATCH_LABEL_KEYS: KnownKey = KnownKey(443);
pub const MODE: KnownKey = KnownKey(444);
pub const MODIFY_VOLUME_STATUS: KnownKey = KnownKey(445);
pub const MONITORS: KnownKey = KnownKey(446);
pub const MOUNT_OPTIONS: KnownKey = KnownKey(447);
pub const MOUNT_PATH: KnownKey = KnownKey(448);
pub const MOUNT_PROPAGATION: KnownKey = KnownKey(449);
pub const MUTATIONS: KnownKey = KnownKey(450);
pub const NAME: KnownKey = KnownKey(451);
pub const NAMES: KnownKey = KnownKey(452);
pub const NAMESERVERS: KnownKey = KnownKey(453);
pub const NAMESPACE: KnownKey = KnownKey(454);
pub const NAMESPACE_SELECTOR: KnownKey = KnownKey(455);
pub const NAMESPACED: KnownKey = KnownKey(456);
pub const NAMESPACES: KnownKey = KnownKey(457);
pub const NANOS: KnownKey = KnownKey(458);
pub const NETWORK_DATA: KnownKey = KnownKey(459);
pub const NFS: KnownKey = KnownKey(460);
pub const NODE_AFFINITY: KnownKey = KnownKey(461);
pub const NODE_AFFINITY_POLICY: KnownKey = KnownKey(462);
pub const NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUSES: KnownKey = KnownKey(463);
pub const NODE_ALLOCATABLE_RESOURCE_MAPPINGS: KnownKey = KnownKey(464);
pub const NODE_ALLOCATABLE_UPDATE_PERIOD_SECONDS: KnownKey = KnownKey(465);
pub const NODE_EXPAND_SECRET_REF: KnownKey = KnownKey(466);
pub const NODE_ID: KnownKey = KnownKey(467);
pub const NODE_INFO: KnownKey = KnownKey(468);
pub const NODE_NAME: KnownKey = KnownKey(469);
pub const NODE_PORT: KnownKey = KnownKey(470);
pub const NODE_PUBLISH_SECRET_REF: KnownKey = KnownKey(471);
pub const NODE_SELECTOR: KnownKey = KnownKey(472);
pub const NODE_SELECTOR_TERMS: KnownKey = KnownKey(473);
pub const NODE_STAGE_SECRET_REF: KnownKey = KnownKey(474);
pub const NODE_TAINTS_POLICY: KnownKey = KnownKey(475);
pub const NODE_TOPOLOGY: KnownKey = KnownKey(476);
pub const NODE_UID: KnownKey = KnownKey(477);
pub const NOMINAL_CONCURRENCY_SHARES: KnownKey = KnownKey(478);
pub const NOMINATED_NODE_NAME: KnownKey = KnownKey(479);
pub const NON_RESOURCE_ATTRIBUTES: KnownKey = KnownKey(480);
pub const NON_RESOURCE_RULES: KnownKey = KnownKey(481);
pub const NON_RESOURCE_URLS: KnownKey = KnownKey(482);
pub const NOT_AFTER: KnownKey = KnownKey(483);
pub const NOT_BEFORE: KnownKey = KnownKey(484);
pub const NOT_READY_ADDRESSES: KnownKey = KnownKey(485);
pub const NOTE: KnownKey = KnownKey(486);
pub const NUMBER: KnownKey = KnownKey(487);
pub const NUMBER_AVAILABLE: KnownKey = KnownKey(488);
pub const NUMBER_MISSCHEDULED: KnownKey = KnownKey(489);
pub const NUMBER_READY: KnownKey = KnownKey(490);
pub const NUMBER_UNAVAILABLE: KnownKey = KnownKey(491);
pub const OBJECT: KnownKey = KnownKey(492);
pub const OBJECT_SELECTOR: KnownKey = KnownKey(493);
pub const OBSERVED_GENERATION: KnownKey = KnownKey(494);
pub const OLD_OBJECT: KnownKey = KnownKey(495);
pub const ON_EXIT_CODES: KnownKey = KnownKey(496);
pub const ON_POD_CONDITIONS: KnownKey = KnownKey(497);
pub const OPAQUE: KnownKey = KnownKey(498);
pub const OPERATING_SYSTEM: KnownKey = KnownKey(499);
pub const OPERATION: KnownKey = KnownKey(500);
pub const OPERATIONS: KnownKey = KnownKey(501);
pub const OPERATOR: KnownKey = KnownKey(502);
pub const OPTIONAL: KnownKey = KnownKey(503);
pub const OPTIONS: KnownKey = KnownKey(504);
pub const ORDINALS: KnownKey = KnownKey(505);
pub const ORPHAN_DEPENDENTS: KnownKey = KnownKey(506);
pub const OS: KnownKey = KnownKey(507);
pub const OS_IMAGE: KnownKey = KnownKey(508);
pub const OVERHEAD: KnownKey = KnownKey(509);
pub const OWNER_REFERENCES: KnownKey = KnownKey(510);
pub const PARALLELISM: KnownKey = KnownKey(511);
pub const PARAM_KIND: KnownKey = KnownKey(512);
pub const PARAM_REF: KnownKey = KnownKey(513);
pub const PARAMETER_NOT_FOUND_ACTION: KnownKey = KnownKey(514);
pub const PARAMETERS: KnownKey = KnownKey(515);
pub const PARENT_REF: KnownKey = KnownKey(516);
pub const PARTITION: KnownKey = KnownKey(517);
pub const PATCH: KnownKey = KnownKey(518);
pub const PATCH_TYPE: KnownKey = KnownKey(519);
pub const PATH: KnownKey = KnownKey(520);
pub const PATH_TYPE: KnownKey = KnownKey(521);
pub const PATHS: KnownKey = KnownKey(522);
pub const PAUSED: KnownKey = KnownKey(523);
pub const PD_ID: KnownKey = KnownKey(524);
pub const PD_NAME: KnownKey = KnownKey(525);
pub const PER_DEVICE_NODE_SELECTION: KnownKey = KnownKey(526);
pub const PERIOD_SECONDS: KnownKey = KnownKey(527);
pub const PERSISTENT_VOLUME_CLAIM: KnownKey = KnownKey(528);
pub const PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY: KnownKey = KnownKey(529);
pub const PERSISTENT_VOLUME_NAME: KnownKey = KnownKey(530);
pub const PERSISTENT_VOLUME_RECLAIM_POLICY: KnownKey = KnownKey(531);
pub const PHASE: KnownKey = KnownKey(532);
pub const PHOTON_PERSISTENT_DISK: KnownKey = KnownKey(533);
pub const PING_TIME: KnownKey = KnownKey(534);
pub const PKIX_PUBLIC_KEY: KnownKey = KnownKey(535);
pub const POD_AFFINITY: KnownKey = KnownKey(536);
pub const POD_AFFINITY_TERM: KnownKey = KnownKey(537);
pub const POD_ANTI_AFFINITY: KnownKey = KnownKey(538);
pub const POD_CIDR: KnownKey = KnownKey(539);
pub const POD_CIDRS: KnownKey = KnownKey(540);
pub const POD_CERTIFICATE: KnownKey = KnownKey(541);
pub const POD_CONTROLLER: KnownKey = KnownKey(542);
pub const POD_FAILURE_POLICY: KnownKey = KnownKey(543);
pub const POD_FIXED: KnownKey = KnownKey(544);
pub const POD_GROUP_NAME: KnownKey = KnownKey(545);
pub const POD_GROUP_TEMPLATE_NAME: KnownKey = KnownKey(546);
pub const POD_GROUP_TEMPLATE_REF: KnownKey = KnownKey(547);
pub const POD_GROUP_TEMPLATES: KnownKey = KnownKey(548);
pub const POD_IP: KnownKey = KnownKey(549);
pub const POD_IPS: KnownKey = KnownKey(550);
pub const POD_INFO_ON_MOUNT: KnownKey = KnownKey(551);
pub const POD_MANAGEMENT_POLICY: KnownKey = KnownKey(552);
pub const POD_NAME: KnownKey = KnownKey(553);
pub const POD_REPLACEMENT_POLICY: KnownKey = KnownKey(554);
pub const POD_SELECTOR: KnownKey = KnownKey(555);
pub const POD_SIGNATURE: KnownKey = KnownKey(556);
pub const POD_UID: KnownKey = KnownKey(557);
pub const PODS: KnownKey = KnownKey(558);
pub const POLICIES: KnownKey = KnownKey(559);
pub const POLICY_NAME: KnownKey = KnownKey(560);
pub const POLICY_TYPES: KnownKey = KnownKey(561);
pub const POOL: KnownKey = KnownKey(562);
pub const POOL_COUNT: KnownKey = KnownKey(563);
pub const POOL_NAME: KnownKey = KnownKey(564);
pub const POOLS: KnownKey = KnownKey(565);
pub const PORT: KnownKey = KnownKey(566);
pub const PORTALS: KnownKey = KnownKey(567);
pub const PORTS: KnownKey = KnownKey(568);
pub const PORTWORX_VOLUME: KnownKey = KnownKey(569);
pub const POST_START: KnownKey = KnownKey(570);
pub const PRE_STOP: KnownKey = KnownKey(571);
pub const PRECONDITIONS: KnownKey = KnownKey(572);
pub const PREEMPTION_POLICY: KnownKey = KnownKey(573);
pub const PREFER_AVOID_PODS: KnownKey = KnownKey(574);
pub const PREFERENCE: KnownKey = KnownKey(575);
pub const PREFERRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION: KnownKey = KnownKey(576);
pub const PREFERRED_HOLDER: KnownKey = KnownKey(577);
pub const PREFERRED_VERSION: KnownKey = KnownKey(578);
pub const PREFIX: KnownKey = KnownKey(579);
pub const PREVENT_POD_SCHEDULING_IF_MISSING: KnownKey = KnownKey(580);
pub const PREVIOUS: KnownKey = KnownKey(581);
pub const PRIORITY: KnownKey = KnownKey(582);
pub const PRIORITY_CLASS_NAME: KnownKey = KnownKey(583);
pub const PRIORITY_LEVEL_CONFIGURATION: KnownKey = KnownKey(584);
pub const PRIVILEGED: KnownKey = KnownKey(585);
pub const PROC_MOUNT: KnownKey = KnownKey(586);
pub const PROGRESS_DEADLINE_SECONDS: KnownKey = KnownKey(587);
pub const PROJECTED: KnownKey = KnownKey(588);
pub const PROOF_OF_POSSESSION: KnownKey = KnownKey(589);
pub const PROPAGATION_POLICY: KnownKey = KnownKey(590);
pub const PROTECTION_DOMAIN: KnownKey = KnownKey(591);
pub const PROTOCOL: KnownKey = KnownKey(592);
pub const PROVIDER_ID: KnownKey = KnownKey(593);
pub const PROVISIONER: KnownKey = KnownKey(594);
pub const PUBLISH_NOT_READY_ADDRESSES: KnownKey = KnownKey(595);
pub const PULL_POLICY: KnownKey = KnownKey(596);
pub const QOS_CLASS: KnownKey = KnownKey(597);
pub const QUEUE_LENGTH_LIMIT: KnownKey = KnownKey(598);
pub const QUEUES: KnownKey = KnownKey(599);
pub const QUEUING: KnownKey = KnownKey(600);
pub const QUOBYTE: KnownKey = KnownKey(601);
pub const RANGE: KnownKey = KnownKey(602);
pub const RAW_SELECTOR: KnownKey = KnownKey(603);
pub const RBD: KnownKey = KnownKey(604);
pub const READ_ONLY: KnownKey = KnownKey(605);
pub const READ_ONLY_ROOT_FILESYSTEM: KnownKey = KnownKey(606);
pub const READINESS_GATES: KnownKey = KnownKey(607);
pub const READINESS_PROBE: KnownKey = KnownKey(608);
pub const READY: KnownKey = KnownKey(609);
pub const READY_REPLICAS: KnownKey = KnownKey(610);
pub const REASON: KnownKey = KnownKey(611);
pub const RECLAIM_POLICY: KnownKey = KnownKey(612);
pub const RECURSIVE_READ_ONLY: KnownKey = KnownKey(613);
pub const RECURSIVE_READ_ONLY_MOUNTS: KnownKey = KnownKey(614);
pub const REFERENCE: KnownKey = KnownKey(615);
pub const REGARDING: KnownKey = KnownKey(616);
pub const REGISTRY: KnownKey = KnownKey(617);
pub const REINVOCATION_POLICY: KnownKey = KnownKey(618);
pub const RELATED: KnownKey = KnownKey(619);
pub const REMAINING_ITEM_COUNT: KnownKey = KnownKey(620);
pub const RENEW_TIME: KnownKey = KnownKey(621);
pub const REPLICAS: KnownKey = KnownKey(622);
pub const REPORTING_COMPONENT: KnownKey = KnownKey(623);
pub const REPORTING_CONTROLLER: KnownKey = KnownKey(624);
pub const REPORTING_INSTANCE: KnownKey = KnownKey(625);
pub const REPOSITORY: KnownKey = KnownKey(626);
pub const REQUEST: KnownKey = KnownKey(627);
pub const REQUEST_KIND: KnownKey = KnownKey(628);
pub const REQUEST_MAPPINGS: KnownKey = KnownKey(629);
pub const REQUEST_NAME: KnownKey = KnownKey(630);
pub const REQUEST_POLICY: KnownKey = KnownKey(631);
pub const REQUEST_RESOURCE: KnownKey = KnownKey(632);
pub const REQUEST_SUB_RESOURCE: KnownKey = KnownKey(633);
pub const REQUESTS: KnownKey = KnownKey(634);
pub const REQUIRED: KnownKey = KnownKey(635);
pub const REQUIRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION: KnownKey = KnownKey(636);
pub const REQUIREMENTS: KnownKey = KnownKey(637);
pub const REQUIRES_REPUBLISH: KnownKey = KnownKey(638);
pub const RESERVED_FOR: KnownKey = KnownKey(639);
pub const RESIZE: KnownKey = KnownKey(640);
pub const RESIZE_POLICY: KnownKey = KnownKey(641);
pub const RESOURCE: KnownKey = KnownKey(642);
pub const RESOURCE_ATTRIBUTES: KnownKey = KnownKey(643);
pub const RESOURCE_CLAIM_NAME: KnownKey = KnownKey(644);
pub const RESOURCE_CLAIM_STATUSES: KnownKey = KnownKey(645);
pub const RESOURCE_CLAIM_TEMPLATE_NAME: KnownKey = KnownKey(646);
pub const RESOURCE_CLAIMS: KnownKey = KnownKey(647);
pub const RESOURCE_FIELD_REF: KnownKey = KnownKey(648);
pub const RESOURCE_ID: KnownKey = KnownKey(649);
pub const RESOURCE_NAME: KnownKey = KnownKey(650);
pub const RESOURCE_NAMES: KnownKey = KnownKey(651);
pub const RESOURCE_RULES: KnownKey = KnownKey(652);
pub const RESOURCE_SLICE_COUNT: KnownKey = KnownKey(653);
pub const RESOURCE_VERSION: KnownKey = KnownKey(654);
pub const RESOURCE_VERSION_MATCH: KnownKey = KnownKey(655);
pub const RESOURCES: KnownKey = KnownKey(656);
pub const RESPONSE: KnownKey = KnownKey(657);
pub const RESPONSE_KIND: KnownKey = KnownKey(658);
pub const RESTART_COUNT: KnownKey = KnownKey(659);
pub const RESTART_POLICY: KnownKey = KnownKey(660);
pub const RESTART_POLICY_RULES: KnownKey = KnownKey(661);
pub const RESULTS: KnownKey = KnownKey(662);
pub const RETRY_AFTER_SECONDS: KnownKey = KnownKey(663);
pub const REVISION: KnownKey = KnownKey(664);
pub const REVISION_HISTORY_LIMIT: KnownKey = KnownKey(665);
pub const ROLE: KnownKey = KnownKey(666);
pub const ROLE_REF: KnownKey = KnownKey(667);
pub const ROLLBACK_TO: KnownKey = KnownKey(668);
pub const ROLLING_UPDATE: KnownKey = KnownKey(669);
pub const ROWS: KnownKey = KnownKey(670);
pub const RULES: KnownKey = KnownKey(671);
pub const RUN_AS_GROUP: KnownKey = KnownKey(672);
pub const RUN_AS_NON_ROOT: KnownKey = KnownKey(673);
pub const RUN_AS_USER: KnownKey = KnownKey(674);
pub const RUN_AS_USER_NAME: KnownKey = KnownKey(675);
pub const RUNNING: KnownKey = KnownKey(676);
pub const RUNTIME_CLASS_NAME: KnownKey = KnownKey(677);
pub const RUNTIME_HANDLER: KnownKey = KnownKey(678);
pub const RUNTIME_HANDLERS: KnownKey = KnownKey(679);
pub const SCALE_DOWN: KnownKey = KnownKey(680);
pub const SCALE_IO: KnownKey = KnownKey(681);
pub const SCALE_TARGET_REF: KnownKey = KnownKey(682);
pub const SCALE_UP: KnownKey = KnownKey(683);
pub const SCHEDULE: KnownKey = KnownKey(684);
pub const SCHEDULER_NAME: KnownKey = KnownKey(685);
pub const SCHEDULING: KnownKey = KnownKey(686);
pub const SCHEDULING_CONSTRAINTS: KnownKey = KnownKey(687);
pub const SCHEDULING_GATES: KnownKey = KnownKey(688);
pub const SCHEDULING_GROUP: KnownKey = KnownKey(689);
pub const SCHEDULING_POLICY: KnownKey = KnownKey(690);
pub const SCHEME: KnownKey = KnownKey(691);
pub const SCOPE: KnownKey = KnownKey(692);
pub const SCOPE_NAME: KnownKey = KnownKey(693);
pub const SCOPE_SELECTOR: KnownKey = KnownKey(694);
pub const SCOPES: KnownKey = KnownKey(695);
pub const SE_LINUX_CHANGE_POLICY: KnownKey = KnownKey(696);
pub const SE_LINUX_MOUNT: KnownKey = KnownKey(697);
pub const SE_LINUX_OPTIONS: KnownKey = KnownKey(698);
pub const SEARCHES: KnownKey = KnownKey(699);
pub const SECCOMP_PROFILE: KnownKey = KnownKey(700);
pub const SECONDS: KnownKey = KnownKey(701);
pub const SECRET: KnownKey = KnownKey(702);
pub const SECRET_FILE: KnownKey = KnownKey(703);
pub const SECRET_KEY_REF: KnownKey = KnownKey(704);
pub const SECRET_NAME: KnownKey = KnownKey(705);
pub const SECRET_NAMESPACE: KnownKey = KnownKey(706);
pub const SECRET_REF: KnownKey = KnownKey(707);
pub const SECRETS: KnownKey = KnownKey(708);
pub const SECURITY_CONTEXT: KnownKey = KnownKey(709);
pub const SELECT_POLICY: KnownKey = KnownKey(710);
pub const SELECTOR: KnownKey = KnownKey(711);
pub const SELECTORS: KnownKey = KnownKey(712);
pub const SELF_LINK: KnownKey = KnownKey(713);
pub const SEND_INITIAL_EVENTS: KnownKey = KnownKey(714);
pub const SERIES: KnownKey = KnownKey(715);
pub const SERVED_VERSIONS: KnownKey = KnownKey(716);
pub const SERVER: KnownKey = KnownKey(717);
pub const SERVER_ADDRESS: KnownKey = KnownKey(718);
pub const SERVER_ADDRESS_BY_CLIENT_CIDRS: KnownKey = KnownKey(719);
pub const SERVICE: KnownKey = KnownKey(720);
pub const SERVICE_ACCOUNT: KnownKey = KnownKey(721);
pub const SERVICE_ACCOUNT_NAME: KnownKey = KnownKey(722);
pub const SERVICE_ACCOUNT_TOKEN: KnownKey = KnownKey(723);
pub const SERVICE_ACCOUNT_TOKEN_IN_SECRETS: KnownKey = KnownKey(724);
pub const SERVICE_ACCOUNT_UID: KnownKey = KnownKey(725);
pub const SERVICE_NAME: KnownKey = KnownKey(726);
pub const SERVICE_PORT: KnownKey = KnownKey(727);
pub const SERVING: KnownKey = KnownKey(728);
pub const SESSION_AFFINITY: KnownKey = KnownKey(729);
pub const SESSION_AFFINITY_CONFIG: KnownKey = KnownKey(730);
pub const SET_HOSTNAME_AS_FQDN: KnownKey = KnownKey(731);
pub const SHARD_INFO: KnownKey = KnownKey(732);
pub const SHARD_SELECTOR: KnownKey = KnownKey(733);
pub const SHARE_ID: KnownKey = KnownKey(734);
pub const SHARE_NAME: KnownKey = KnownKey(735);
pub const SHARE_PROCESS_NAMESPACE: KnownKey = KnownKey(736);
pub const SHARED_COUNTERS: KnownKey = KnownKey(737);
pub const SHORT_NAMES: KnownKey = KnownKey(738);
pub const SIDE_EFFECTS: KnownKey = KnownKey(739);
pub const SIGNAL: KnownKey = KnownKey(740);
pub const SIGNER_NAME: KnownKey = KnownKey(741);
pub const SINCE_SECONDS: KnownKey = KnownKey(742);
pub const SINCE_TIME: KnownKey = KnownKey(743);
pub const SINGULAR_NAME: KnownKey = KnownKey(744);
pub const SINGULAR_RESOURCE: KnownKey = KnownKey(745);
pub const SIZE_BYTES: KnownKey = KnownKey(746);
pub const SIZE_LIMIT: KnownKey = KnownKey(747);
pub const SLEEP: KnownKey = KnownKey(748);
pub const SOURCE: KnownKey = KnownKey(749);
pub const SOURCES: KnownKey = KnownKey(750);
pub const SPEC: KnownKey = KnownKey(751);
pub const SSL_ENABLED: KnownKey = KnownKey(752);
pub const STABILIZATION_WINDOW_SECONDS: KnownKey = KnownKey(753);
pub const START: KnownKey = KnownKey(754);
pub const START_TIME: KnownKey = KnownKey(755);
pub const STARTED: KnownKey = KnownKey(756);
pub const STARTED_AT: KnownKey = KnownKey(757);
pub const STARTING_DEADLINE_SECONDS: KnownKey = KnownKey(758);
pub const STARTUP_PROBE: KnownKey = KnownKey(759);
pub const STATE: KnownKey = KnownKey(760);
pub const STATUS: KnownKey = KnownKey(761);
pub const STDERR: KnownKey = KnownKey(762);
pub const STDIN: KnownKey = KnownKey(763);
pub const STDIN_ONCE: KnownKey = KnownKey(764);
pub const STDOUT: KnownKey = KnownKey(765);
pub const STEP: KnownKey = KnownKey(766);
pub const STOP_SIGNAL: KnownKey = KnownKey(767);
pub const STORAGE_CAPACITY: KnownKey = KnownKey(768);
pub const STORAGE_CLASS_NAME: KnownKey = KnownKey(769);
pub const STORAGE_MODE: KnownKey = KnownKey(770);
pub const STORAGE_POLICY_ID: KnownKey = KnownKey(771);
pub const STORAGE_POLICY_NAME: KnownKey = KnownKey(772);
pub const STORAGE_POOL: KnownKey = KnownKey(773);
pub const STORAGE_VERSION_HASH: KnownKey = KnownKey(774);
pub const STORAGE_VERSIONS: KnownKey = KnownKey(775);
pub const STORAGEOS: KnownKey = KnownKey(776);
pub const STRATEGY: KnownKey = KnownKey(777);
pub const STREAM: KnownKey = KnownKey(778);
pub const STRING: KnownKey = KnownKey(779);
pub const STRING_DATA: KnownKey = KnownKey(780);
pub const STRINGS: KnownKey = KnownKey(781);
pub const STUB_PKCS10_REQUEST: KnownKey = KnownKey(782);
pub const SUB_PATH: KnownKey = KnownKey(783);
pub const SUB_PATH_EXPR: KnownKey = KnownKey(784);
pub const SUB_RESOURCE: KnownKey = KnownKey(785);
pub const SUBDOMAIN: KnownKey = KnownKey(786);
pub const SUBJECTS: KnownKey = KnownKey(787);
pub const SUBRESOURCE: KnownKey = KnownKey(788);
pub const SUBRESOURCES: KnownKey = KnownKey(789);
pub const SUBSETS: KnownKey = KnownKey(790);
pub const SUCCEEDED: KnownKey = KnownKey(791);
pub const SUCCEEDED_COUNT: KnownKey = KnownKey(792);
pub const SUCCEEDED_INDEXES: KnownKey = KnownKey(793);
pub const SUCCESS_POLICY: KnownKey = KnownKey(794);
pub const SUCCESS_THRESHOLD: KnownKey = KnownKey(795);
pub const SUCCESSFUL_JOBS_HISTORY_LIMIT: KnownKey = KnownKey(796);
pub const SUPPLEMENTAL_GROUPS: KnownKey = KnownKey(797);
pub const SUPPLEMENTAL_GROUPS_POLICY: KnownKey = KnownKey(798);
pub const SUSPEND: KnownKey = KnownKey(799);
pub const SWAP: KnownKey = KnownKey(800);
pub const SYSCTLS: KnownKey = KnownKey(801);
pub const SYSTEM: KnownKey = KnownKey(802);
pub const SYSTEM_UUID: KnownKey = KnownKey(803);
pub const TAIL_LINES: KnownKey = KnownKey(804);
pub const TAINT: KnownKey = KnownKey(805);
pub const TAINTS: KnownKey = KnownKey(806);
pub const TARGET: KnownKey = KnownKey(807);
pub const TARGET_AVERAGE_UTILIZATION: KnownKey = KnownKey(808);
pub const TARGET_AVERAGE_VALUE: KnownKey = KnownKey(809);
pub const TARGET_CPU_UTILIZATION_PERCENTAGE: KnownKey = KnownKey(810);
pub const TARGET_CONTAINER_NAME: KnownKey = KnownKey(811);
pub const TARGET_PORT: KnownKey = KnownKey(812);
pub const TARGET_PORTAL: KnownKey = KnownKey(813);
pub const TARGET_REF: KnownKey = KnownKey(814);
pub const TARGET_SELECTOR: KnownKey = KnownKey(815);
pub const TARGET_VALUE: KnownKey = KnownKey(816);
pub const TARGET_VOLUME_ATTRIBUTES_CLASS_NAME: KnownKey = KnownKey(817);
pub const TARGET_WWNS: KnownKey = KnownKey(818);
pub const TCP_SOCKET: KnownKey = KnownKey(819);
pub const TEMPLATE: KnownKey = KnownKey(820);
pub const TEMPLATE_GENERATION: KnownKey = KnownKey(821);
pub const TENANT: KnownKey = KnownKey(822);
pub const TERMINATED: KnownKey = KnownKey(823);
pub const TERMINATING: KnownKey = KnownKey(824);
pub const TERMINATING_REPLICAS: KnownKey = KnownKey(825);
pub const TERMINATION_GRACE_PERIOD_SECONDS: KnownKey = KnownKey(826);
pub const TERMINATION_MESSAGE_PATH: KnownKey = KnownKey(827);
pub const TERMINATION_MESSAGE_POLICY: KnownKey = KnownKey(828);
pub const TIME: KnownKey = KnownKey(829);
pub const TIME_ADDED: KnownKey = KnownKey(830);
pub const TIME_ZONE: KnownKey = KnownKey(831);
pub const TIMEOUT_SECONDS: KnownKey = KnownKey(832);
pub const TIMESTAMPS: KnownKey = KnownKey(833);
pub const TLS: KnownKey = KnownKey(834);
pub const TO: KnownKey = KnownKey(835);
pub const TOKEN: KnownKey = KnownKey(836);
pub const TOKEN_REQUESTS: KnownKey = KnownKey(837);
pub const TOLERANCE: KnownKey = KnownKey(838);
pub const TOLERATION_SECONDS: KnownKey = KnownKey(839);
pub const TOLERATIONS: KnownKey = KnownKey(840);
pub const TOPOLOGY: KnownKey = KnownKey(841);
pub const TOPOLOGY_KEY: KnownKey = KnownKey(842);
pub const TOPOLOGY_KEYS: KnownKey = KnownKey(843);
pub const TOPOLOGY_SPREAD_CONSTRAINTS: KnownKey = KnownKey(844);
pub const TOTAL_DEVICES: KnownKey = KnownKey(845);
pub const TRAFFIC_DISTRIBUTION: KnownKey = KnownKey(846);
pub const TRUST_BUNDLE: KnownKey = KnownKey(847);
pub const TTL_SECONDS_AFTER_FINISHED: KnownKey = KnownKey(848);
pub const TTY: KnownKey = KnownKey(849);
pub const TYPE: KnownKey = KnownKey(850);
pub const TYPE_CHECKING: KnownKey = KnownKey(851);
pub const UID: KnownKey = KnownKey(852);
pub const UNAVAILABLE_DEVICES: KnownKey = KnownKey(853);
pub const UNAVAILABLE_REPLICAS: KnownKey = KnownKey(854);
pub const UNCOUNTED_TERMINATED_PODS: KnownKey = KnownKey(855);
pub const UNHEALTHY_POD_EVICTION_POLICY: KnownKey = KnownKey(856);
pub const UNSCHEDULABLE: KnownKey = KnownKey(857);
pub const UNVERIFIED_USER_ANNOTATIONS: KnownKey = KnownKey(858);
pub const UPDATE_REVISION: KnownKey = KnownKey(859);
pub const UPDATE_STRATEGY: KnownKey = KnownKey(860);
pub const UPDATED_ANNOTATIONS: KnownKey = KnownKey(861);
pub const UPDATED_NUMBER_SCHEDULED: KnownKey = KnownKey(862);
pub const UPDATED_REPLICAS: KnownKey = KnownKey(863);
pub const URL: KnownKey = KnownKey(864);
pub const USAGES: KnownKey = KnownKey(865);
pub const USED: KnownKey = KnownKey(866);
pub const USER: KnownKey = KnownKey(867);
pub const USER_ANNOTATIONS: KnownKey = KnownKey(868);
pub const USER_INFO: KnownKey = KnownKey(869);
pub const USER_NAMESPACES: KnownKey = KnownKey(870);
pub const USERNAME: KnownKey = KnownKey(871);
pub const VALID_RANGE: KnownKey = KnownKey(872);
pub const VALID_VALUES: KnownKey = KnownKey(873);
pub const VALIDATION_ACTIONS: KnownKey = KnownKey(874);
pub const VALIDATION_ERROR: KnownKey = KnownKey(875);
pub const VALIDATIONS: KnownKey = KnownKey(876);
pub const VALUE: KnownKey = KnownKey(877);
pub const VALUE_EXPRESSION: KnownKey = KnownKey(878);
pub const VALUE_FROM: KnownKey = KnownKey(879);
pub const VALUES: KnownKey = KnownKey(880);
pub const VARIABLES: KnownKey = KnownKey(881);
pub const VERB: KnownKey = KnownKey(882);
pub const VERBS: KnownKey = KnownKey(883);
pub const VERSION: KnownKey = KnownKey(884);
pub const VERSIONS: KnownKey = KnownKey(885);
pub const VOLUME: KnownKey = KnownKey(886);
pub const VOLUME_ATTRIBUTES: KnownKey = KnownKey(887);
pub const VOLUME_ATTRIBUTES_CLASS_NAME: KnownKey = KnownKey(888);
pub const VOLUME_BINDING_MODE: KnownKey = KnownKey(889);
pub const VOLUME_CLAIM_TEMPLATE: KnownKey = KnownKey(890);
pub const VOLUME_CLAIM_TEMPLATES: KnownKey = KnownKey(891);
pub const VOLUME_DEVICES: KnownKey = KnownKey(892);
pub const VOLUME_HANDLE: KnownKey = KnownKey(893);
pub const VOLUME_ID: KnownKey = KnownKey(894);
pub const VOLUME_LIFECYCLE_MODES: KnownKey = KnownKey(895);
pub const VOLUME_MODE: KnownKey = KnownKey(896);
pub const VOLUME_MOUNTS: KnownKey = KnownKey(897);
pub const VOLUME_NAME: KnownKey = KnownKey(898);
pub const VOLUME_NAMESPACE: KnownKey = KnownKey(899);
pub const VOLUME_PATH: KnownKey = KnownKey(900);
pub const VOLUME_STATUS: KnownKey = KnownKey(901);
pub const VOLUMES: KnownKey = KnownKey(902);
pub const VOLUMES_ATTACHED: KnownKey = KnownKey(903);
pub const VOLUMES_IN_USE: KnownKey = KnownKey(904);
pub const VSPHERE_VOLUME: KnownKey = KnownKey(905);
pub const WAITING: KnownKey = KnownKey(906);
pub const WARNING: KnownKey = KnownKey(907);
pub const WARNINGS: KnownKey = KnownKey(908);
pub const WATCH: KnownKey = KnownKey(909);
pub const WEBHOOKS: KnownKey = KnownKey(910);
pub const WEIGHT: KnownKey = KnownKey(911);
pub const WHEN_DELETED: KnownKey = KnownKey(912);
pub const WHEN_SCALED: KnownKey = KnownKey(913);
pub const WHEN_UNSATISFIABLE: KnownKey = KnownKey(914);
pub const WINDOWS_OPTIONS: KnownKey = KnownKey(915);
pub const WORKING_DIR: KnownKey = KnownKey(916);
pub const WORKLOAD: KnownKey = KnownKey(917);
pub const WORKLOAD_NAME: KnownKey = KnownKey(918);
pub const WWIDS: KnownKey = KnownKey(919);
pub const ZONE: KnownKey = KnownKey(920);
