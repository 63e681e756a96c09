// Made by `cargo xtask codegen`; do not edit.
//! Typed reads of objects.

#![allow(missing_docs, reason = "the names are the API's own")]

use jiff::Timestamp;
use meta::Quantity;

use super::keys as k;
use crate::value::NULL;
use crate::value::Value;
use crate::view::{MapView, Strs, View, Views};

#[derive(Clone, Copy)]
pub struct ControllerRevisionView<'a>(pub &'a Value);

impl<'a> View<'a> for ControllerRevisionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ControllerRevisionView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn data(self) -> &'a Value {
        self.0.get(k::DATA).unwrap_or(&NULL)
    }
    pub fn revision(self) -> i64 {
        self.0.get(k::REVISION).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct DaemonSetView<'a>(pub &'a Value);

impl<'a> View<'a> for DaemonSetView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DaemonSetView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> DaemonSetSpecView<'a> {
        DaemonSetSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> DaemonSetStatusView<'a> {
        DaemonSetStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct DaemonSetConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for DaemonSetConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DaemonSetConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct DaemonSetSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for DaemonSetSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DaemonSetSpecView<'a> {
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn template(self) -> PodTemplateSpecView<'a> {
        PodTemplateSpecView(self.0.get(k::TEMPLATE).unwrap_or(&NULL))
    }
    pub fn update_strategy(self) -> DaemonSetUpdateStrategyView<'a> {
        DaemonSetUpdateStrategyView(self.0.get(k::UPDATE_STRATEGY).unwrap_or(&NULL))
    }
    pub fn min_ready_seconds(self) -> i64 {
        self.0.get(k::MIN_READY_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn revision_history_limit(self) -> Option<i64> {
        self.0.get(k::REVISION_HISTORY_LIMIT).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct DaemonSetStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for DaemonSetStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DaemonSetStatusView<'a> {
    pub fn current_number_scheduled(self) -> i64 {
        self.0.get(k::CURRENT_NUMBER_SCHEDULED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn number_misscheduled(self) -> i64 {
        self.0.get(k::NUMBER_MISSCHEDULED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn desired_number_scheduled(self) -> i64 {
        self.0.get(k::DESIRED_NUMBER_SCHEDULED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn number_ready(self) -> i64 {
        self.0.get(k::NUMBER_READY).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn updated_number_scheduled(self) -> i64 {
        self.0.get(k::UPDATED_NUMBER_SCHEDULED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn number_available(self) -> i64 {
        self.0.get(k::NUMBER_AVAILABLE).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn number_unavailable(self) -> i64 {
        self.0.get(k::NUMBER_UNAVAILABLE).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn collision_count(self) -> Option<i64> {
        self.0.get(k::COLLISION_COUNT).and_then(Value::as_i64)
    }
    pub fn conditions(self) -> Views<'a, DaemonSetConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct DaemonSetUpdateStrategyView<'a>(pub &'a Value);

impl<'a> View<'a> for DaemonSetUpdateStrategyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DaemonSetUpdateStrategyView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn rolling_update(self) -> Option<RollingUpdateDaemonSetView<'a>> {
        self.0.get(k::ROLLING_UPDATE).filter(|v| !v.is_null()).map(RollingUpdateDaemonSetView::of)
    }
}

#[derive(Clone, Copy)]
pub struct DeploymentView<'a>(pub &'a Value);

impl<'a> View<'a> for DeploymentView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DeploymentView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> DeploymentSpecView<'a> {
        DeploymentSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> DeploymentStatusView<'a> {
        DeploymentStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct DeploymentConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for DeploymentConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DeploymentConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_update_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_UPDATE_TIME).and_then(crate::view::time)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct DeploymentSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for DeploymentSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DeploymentSpecView<'a> {
    pub fn replicas(self) -> Option<i64> {
        self.0.get(k::REPLICAS).and_then(Value::as_i64)
    }
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn template(self) -> PodTemplateSpecView<'a> {
        PodTemplateSpecView(self.0.get(k::TEMPLATE).unwrap_or(&NULL))
    }
    pub fn strategy(self) -> DeploymentStrategyView<'a> {
        DeploymentStrategyView(self.0.get(k::STRATEGY).unwrap_or(&NULL))
    }
    pub fn min_ready_seconds(self) -> i64 {
        self.0.get(k::MIN_READY_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn revision_history_limit(self) -> Option<i64> {
        self.0.get(k::REVISION_HISTORY_LIMIT).and_then(Value::as_i64)
    }
    pub fn paused(self) -> bool {
        self.0.get(k::PAUSED).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn progress_deadline_seconds(self) -> Option<i64> {
        self.0.get(k::PROGRESS_DEADLINE_SECONDS).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct DeploymentStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for DeploymentStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DeploymentStatusView<'a> {
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn replicas(self) -> i64 {
        self.0.get(k::REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn updated_replicas(self) -> i64 {
        self.0.get(k::UPDATED_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn ready_replicas(self) -> i64 {
        self.0.get(k::READY_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn available_replicas(self) -> i64 {
        self.0.get(k::AVAILABLE_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn unavailable_replicas(self) -> i64 {
        self.0.get(k::UNAVAILABLE_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn terminating_replicas(self) -> Option<i64> {
        self.0.get(k::TERMINATING_REPLICAS).and_then(Value::as_i64)
    }
    pub fn conditions(self) -> Views<'a, DeploymentConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn collision_count(self) -> Option<i64> {
        self.0.get(k::COLLISION_COUNT).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct DeploymentStrategyView<'a>(pub &'a Value);

impl<'a> View<'a> for DeploymentStrategyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DeploymentStrategyView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn rolling_update(self) -> Option<RollingUpdateDeploymentView<'a>> {
        self.0.get(k::ROLLING_UPDATE).filter(|v| !v.is_null()).map(RollingUpdateDeploymentView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ReplicaSetView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicaSetView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicaSetView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> ReplicaSetSpecView<'a> {
        ReplicaSetSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> ReplicaSetStatusView<'a> {
        ReplicaSetStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ReplicaSetConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicaSetConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicaSetConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ReplicaSetSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicaSetSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicaSetSpecView<'a> {
    pub fn replicas(self) -> Option<i64> {
        self.0.get(k::REPLICAS).and_then(Value::as_i64)
    }
    pub fn min_ready_seconds(self) -> i64 {
        self.0.get(k::MIN_READY_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn template(self) -> PodTemplateSpecView<'a> {
        PodTemplateSpecView(self.0.get(k::TEMPLATE).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ReplicaSetStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicaSetStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicaSetStatusView<'a> {
    pub fn replicas(self) -> i64 {
        self.0.get(k::REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn fully_labeled_replicas(self) -> i64 {
        self.0.get(k::FULLY_LABELED_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn ready_replicas(self) -> i64 {
        self.0.get(k::READY_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn available_replicas(self) -> i64 {
        self.0.get(k::AVAILABLE_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn terminating_replicas(self) -> Option<i64> {
        self.0.get(k::TERMINATING_REPLICAS).and_then(Value::as_i64)
    }
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn conditions(self) -> Views<'a, ReplicaSetConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct RollingUpdateDaemonSetView<'a>(pub &'a Value);

impl<'a> View<'a> for RollingUpdateDaemonSetView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RollingUpdateDaemonSetView<'a> {
    pub fn max_unavailable(self) -> &'a Value {
        self.0.get(k::MAX_UNAVAILABLE).unwrap_or(&NULL)
    }
    pub fn max_surge(self) -> &'a Value {
        self.0.get(k::MAX_SURGE).unwrap_or(&NULL)
    }
}

#[derive(Clone, Copy)]
pub struct RollingUpdateDeploymentView<'a>(pub &'a Value);

impl<'a> View<'a> for RollingUpdateDeploymentView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RollingUpdateDeploymentView<'a> {
    pub fn max_unavailable(self) -> &'a Value {
        self.0.get(k::MAX_UNAVAILABLE).unwrap_or(&NULL)
    }
    pub fn max_surge(self) -> &'a Value {
        self.0.get(k::MAX_SURGE).unwrap_or(&NULL)
    }
}

#[derive(Clone, Copy)]
pub struct RollingUpdateStatefulSetStrategyView<'a>(pub &'a Value);

impl<'a> View<'a> for RollingUpdateStatefulSetStrategyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RollingUpdateStatefulSetStrategyView<'a> {
    pub fn partition(self) -> Option<i64> {
        self.0.get(k::PARTITION).and_then(Value::as_i64)
    }
    pub fn max_unavailable(self) -> &'a Value {
        self.0.get(k::MAX_UNAVAILABLE).unwrap_or(&NULL)
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> StatefulSetSpecView<'a> {
        StatefulSetSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> StatefulSetStatusView<'a> {
        StatefulSetStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetOrdinalsView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetOrdinalsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetOrdinalsView<'a> {
    pub fn start(self) -> i64 {
        self.0.get(k::START).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetPersistentVolumeClaimRetentionPolicyView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetPersistentVolumeClaimRetentionPolicyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetPersistentVolumeClaimRetentionPolicyView<'a> {
    pub fn when_deleted(self) -> &'a str {
        self.0.get(k::WHEN_DELETED).map_or("", Value::str_or_empty)
    }
    pub fn when_scaled(self) -> &'a str {
        self.0.get(k::WHEN_SCALED).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetSpecView<'a> {
    pub fn replicas(self) -> Option<i64> {
        self.0.get(k::REPLICAS).and_then(Value::as_i64)
    }
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn template(self) -> PodTemplateSpecView<'a> {
        PodTemplateSpecView(self.0.get(k::TEMPLATE).unwrap_or(&NULL))
    }
    pub fn volume_claim_templates(self) -> Views<'a, PersistentVolumeClaimView<'a>> {
        Views::of(self.0.get(k::VOLUME_CLAIM_TEMPLATES).unwrap_or(&NULL))
    }
    pub fn service_name(self) -> &'a str {
        self.0.get(k::SERVICE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn pod_management_policy(self) -> &'a str {
        self.0.get(k::POD_MANAGEMENT_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn update_strategy(self) -> StatefulSetUpdateStrategyView<'a> {
        StatefulSetUpdateStrategyView(self.0.get(k::UPDATE_STRATEGY).unwrap_or(&NULL))
    }
    pub fn revision_history_limit(self) -> Option<i64> {
        self.0.get(k::REVISION_HISTORY_LIMIT).and_then(Value::as_i64)
    }
    pub fn min_ready_seconds(self) -> i64 {
        self.0.get(k::MIN_READY_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn persistent_volume_claim_retention_policy(
        self,
    ) -> Option<StatefulSetPersistentVolumeClaimRetentionPolicyView<'a>> {
        self.0
            .get(k::PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY)
            .filter(|v| !v.is_null())
            .map(StatefulSetPersistentVolumeClaimRetentionPolicyView::of)
    }
    pub fn ordinals(self) -> Option<StatefulSetOrdinalsView<'a>> {
        self.0.get(k::ORDINALS).filter(|v| !v.is_null()).map(StatefulSetOrdinalsView::of)
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetStatusView<'a> {
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn replicas(self) -> i64 {
        self.0.get(k::REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn ready_replicas(self) -> i64 {
        self.0.get(k::READY_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn current_replicas(self) -> i64 {
        self.0.get(k::CURRENT_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn updated_replicas(self) -> i64 {
        self.0.get(k::UPDATED_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn current_revision(self) -> &'a str {
        self.0.get(k::CURRENT_REVISION).map_or("", Value::str_or_empty)
    }
    pub fn update_revision(self) -> &'a str {
        self.0.get(k::UPDATE_REVISION).map_or("", Value::str_or_empty)
    }
    pub fn collision_count(self) -> Option<i64> {
        self.0.get(k::COLLISION_COUNT).and_then(Value::as_i64)
    }
    pub fn conditions(self) -> Views<'a, StatefulSetConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn available_replicas(self) -> i64 {
        self.0.get(k::AVAILABLE_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct StatefulSetUpdateStrategyView<'a>(pub &'a Value);

impl<'a> View<'a> for StatefulSetUpdateStrategyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StatefulSetUpdateStrategyView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn rolling_update(self) -> Option<RollingUpdateStatefulSetStrategyView<'a>> {
        self.0.get(k::ROLLING_UPDATE).filter(|v| !v.is_null()).map(RollingUpdateStatefulSetStrategyView::of)
    }
}

#[derive(Clone, Copy)]
pub struct BoundObjectReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for BoundObjectReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> BoundObjectReferenceView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct TokenRequestView<'a>(pub &'a Value);

impl<'a> View<'a> for TokenRequestView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TokenRequestView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> TokenRequestSpecView<'a> {
        TokenRequestSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> TokenRequestStatusView<'a> {
        TokenRequestStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct TokenRequestSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for TokenRequestSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TokenRequestSpecView<'a> {
    pub fn audiences(self) -> Strs<'a> {
        Strs::of(self.0.get(k::AUDIENCES).unwrap_or(&NULL))
    }
    pub fn expiration_seconds(self) -> Option<i64> {
        self.0.get(k::EXPIRATION_SECONDS).and_then(Value::as_i64)
    }
    pub fn bound_object_ref(self) -> Option<BoundObjectReferenceView<'a>> {
        self.0.get(k::BOUND_OBJECT_REF).filter(|v| !v.is_null()).map(BoundObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct TokenRequestStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for TokenRequestStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TokenRequestStatusView<'a> {
    pub fn token(self) -> &'a str {
        self.0.get(k::TOKEN).map_or("", Value::str_or_empty)
    }
    pub fn expiration_timestamp(self) -> Option<Timestamp> {
        self.0.get(k::EXPIRATION_TIMESTAMP).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct TokenReviewView<'a>(pub &'a Value);

impl<'a> View<'a> for TokenReviewView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TokenReviewView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> TokenReviewSpecView<'a> {
        TokenReviewSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> TokenReviewStatusView<'a> {
        TokenReviewStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct TokenReviewSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for TokenReviewSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TokenReviewSpecView<'a> {
    pub fn token(self) -> &'a str {
        self.0.get(k::TOKEN).map_or("", Value::str_or_empty)
    }
    pub fn audiences(self) -> Strs<'a> {
        Strs::of(self.0.get(k::AUDIENCES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct TokenReviewStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for TokenReviewStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TokenReviewStatusView<'a> {
    pub fn authenticated(self) -> bool {
        self.0.get(k::AUTHENTICATED).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn user(self) -> UserInfoView<'a> {
        UserInfoView(self.0.get(k::USER).unwrap_or(&NULL))
    }
    pub fn audiences(self) -> Strs<'a> {
        Strs::of(self.0.get(k::AUDIENCES).unwrap_or(&NULL))
    }
    pub fn error(self) -> &'a str {
        self.0.get(k::ERROR).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct UserInfoView<'a>(pub &'a Value);

impl<'a> View<'a> for UserInfoView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> UserInfoView<'a> {
    pub fn username(self) -> &'a str {
        self.0.get(k::USERNAME).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
    pub fn groups(self) -> Strs<'a> {
        Strs::of(self.0.get(k::GROUPS).unwrap_or(&NULL))
    }
    pub fn extra(self) -> MapView<'a> {
        MapView::of(self.0.get(k::EXTRA).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct FieldSelectorAttributesView<'a>(pub &'a Value);

impl<'a> View<'a> for FieldSelectorAttributesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FieldSelectorAttributesView<'a> {
    pub fn raw_selector(self) -> &'a str {
        self.0.get(k::RAW_SELECTOR).map_or("", Value::str_or_empty)
    }
    pub fn requirements(self) -> Views<'a, FieldSelectorRequirementView<'a>> {
        Views::of(self.0.get(k::REQUIREMENTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LabelSelectorAttributesView<'a>(pub &'a Value);

impl<'a> View<'a> for LabelSelectorAttributesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LabelSelectorAttributesView<'a> {
    pub fn raw_selector(self) -> &'a str {
        self.0.get(k::RAW_SELECTOR).map_or("", Value::str_or_empty)
    }
    pub fn requirements(self) -> Views<'a, LabelSelectorRequirementView<'a>> {
        Views::of(self.0.get(k::REQUIREMENTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NonResourceAttributesView<'a>(pub &'a Value);

impl<'a> View<'a> for NonResourceAttributesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NonResourceAttributesView<'a> {
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn verb(self) -> &'a str {
        self.0.get(k::VERB).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ResourceAttributesView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceAttributesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceAttributesView<'a> {
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn verb(self) -> &'a str {
        self.0.get(k::VERB).map_or("", Value::str_or_empty)
    }
    pub fn group(self) -> &'a str {
        self.0.get(k::GROUP).map_or("", Value::str_or_empty)
    }
    pub fn version(self) -> &'a str {
        self.0.get(k::VERSION).map_or("", Value::str_or_empty)
    }
    pub fn resource(self) -> &'a str {
        self.0.get(k::RESOURCE).map_or("", Value::str_or_empty)
    }
    pub fn subresource(self) -> &'a str {
        self.0.get(k::SUBRESOURCE).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn field_selector(self) -> Option<FieldSelectorAttributesView<'a>> {
        self.0.get(k::FIELD_SELECTOR).filter(|v| !v.is_null()).map(FieldSelectorAttributesView::of)
    }
    pub fn label_selector(self) -> Option<LabelSelectorAttributesView<'a>> {
        self.0.get(k::LABEL_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorAttributesView::of)
    }
}

#[derive(Clone, Copy)]
pub struct SelfSubjectAccessReviewView<'a>(pub &'a Value);

impl<'a> View<'a> for SelfSubjectAccessReviewView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SelfSubjectAccessReviewView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> SelfSubjectAccessReviewSpecView<'a> {
        SelfSubjectAccessReviewSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> SubjectAccessReviewStatusView<'a> {
        SubjectAccessReviewStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SelfSubjectAccessReviewSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for SelfSubjectAccessReviewSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SelfSubjectAccessReviewSpecView<'a> {
    pub fn resource_attributes(self) -> Option<ResourceAttributesView<'a>> {
        self.0.get(k::RESOURCE_ATTRIBUTES).filter(|v| !v.is_null()).map(ResourceAttributesView::of)
    }
    pub fn non_resource_attributes(self) -> Option<NonResourceAttributesView<'a>> {
        self.0.get(k::NON_RESOURCE_ATTRIBUTES).filter(|v| !v.is_null()).map(NonResourceAttributesView::of)
    }
}

#[derive(Clone, Copy)]
pub struct SubjectAccessReviewView<'a>(pub &'a Value);

impl<'a> View<'a> for SubjectAccessReviewView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SubjectAccessReviewView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> SubjectAccessReviewSpecView<'a> {
        SubjectAccessReviewSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> SubjectAccessReviewStatusView<'a> {
        SubjectAccessReviewStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SubjectAccessReviewSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for SubjectAccessReviewSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SubjectAccessReviewSpecView<'a> {
    pub fn resource_attributes(self) -> Option<ResourceAttributesView<'a>> {
        self.0.get(k::RESOURCE_ATTRIBUTES).filter(|v| !v.is_null()).map(ResourceAttributesView::of)
    }
    pub fn non_resource_attributes(self) -> Option<NonResourceAttributesView<'a>> {
        self.0.get(k::NON_RESOURCE_ATTRIBUTES).filter(|v| !v.is_null()).map(NonResourceAttributesView::of)
    }
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn groups(self) -> Strs<'a> {
        Strs::of(self.0.get(k::GROUPS).unwrap_or(&NULL))
    }
    pub fn extra(self) -> MapView<'a> {
        MapView::of(self.0.get(k::EXTRA).unwrap_or(&NULL))
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct SubjectAccessReviewStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for SubjectAccessReviewStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SubjectAccessReviewStatusView<'a> {
    pub fn allowed(self) -> bool {
        self.0.get(k::ALLOWED).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn denied(self) -> bool {
        self.0.get(k::DENIED).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn evaluation_error(self) -> &'a str {
        self.0.get(k::EVALUATION_ERROR).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ScaleView<'a>(pub &'a Value);

impl<'a> View<'a> for ScaleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScaleView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> ScaleSpecView<'a> {
        ScaleSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> ScaleStatusView<'a> {
        ScaleStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ScaleSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for ScaleSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScaleSpecView<'a> {
    pub fn replicas(self) -> i64 {
        self.0.get(k::REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct ScaleStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ScaleStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScaleStatusView<'a> {
    pub fn replicas(self) -> i64 {
        self.0.get(k::REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn selector(self) -> &'a str {
        self.0.get(k::SELECTOR).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct CronJobView<'a>(pub &'a Value);

impl<'a> View<'a> for CronJobView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CronJobView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> CronJobSpecView<'a> {
        CronJobSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> CronJobStatusView<'a> {
        CronJobStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct CronJobSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for CronJobSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CronJobSpecView<'a> {
    pub fn schedule(self) -> &'a str {
        self.0.get(k::SCHEDULE).map_or("", Value::str_or_empty)
    }
    pub fn time_zone(self) -> Option<&'a str> {
        self.0.get(k::TIME_ZONE).and_then(Value::as_str)
    }
    pub fn starting_deadline_seconds(self) -> Option<i64> {
        self.0.get(k::STARTING_DEADLINE_SECONDS).and_then(Value::as_i64)
    }
    pub fn concurrency_policy(self) -> &'a str {
        self.0.get(k::CONCURRENCY_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn suspend(self) -> Option<bool> {
        self.0.get(k::SUSPEND).and_then(Value::as_bool)
    }
    pub fn job_template(self) -> JobTemplateSpecView<'a> {
        JobTemplateSpecView(self.0.get(k::JOB_TEMPLATE).unwrap_or(&NULL))
    }
    pub fn successful_jobs_history_limit(self) -> Option<i64> {
        self.0.get(k::SUCCESSFUL_JOBS_HISTORY_LIMIT).and_then(Value::as_i64)
    }
    pub fn failed_jobs_history_limit(self) -> Option<i64> {
        self.0.get(k::FAILED_JOBS_HISTORY_LIMIT).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct CronJobStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for CronJobStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CronJobStatusView<'a> {
    pub fn active(self) -> Views<'a, ObjectReferenceView<'a>> {
        Views::of(self.0.get(k::ACTIVE).unwrap_or(&NULL))
    }
    pub fn last_schedule_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_SCHEDULE_TIME).and_then(crate::view::time)
    }
    pub fn last_successful_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_SUCCESSFUL_TIME).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct JobView<'a>(pub &'a Value);

impl<'a> View<'a> for JobView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> JobView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> JobSpecView<'a> {
        JobSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> JobStatusView<'a> {
        JobStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct JobConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for JobConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> JobConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_probe_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_PROBE_TIME).and_then(crate::view::time)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct JobSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for JobSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> JobSpecView<'a> {
    pub fn parallelism(self) -> Option<i64> {
        self.0.get(k::PARALLELISM).and_then(Value::as_i64)
    }
    pub fn completions(self) -> Option<i64> {
        self.0.get(k::COMPLETIONS).and_then(Value::as_i64)
    }
    pub fn active_deadline_seconds(self) -> Option<i64> {
        self.0.get(k::ACTIVE_DEADLINE_SECONDS).and_then(Value::as_i64)
    }
    pub fn pod_failure_policy(self) -> Option<PodFailurePolicyView<'a>> {
        self.0.get(k::POD_FAILURE_POLICY).filter(|v| !v.is_null()).map(PodFailurePolicyView::of)
    }
    pub fn success_policy(self) -> Option<SuccessPolicyView<'a>> {
        self.0.get(k::SUCCESS_POLICY).filter(|v| !v.is_null()).map(SuccessPolicyView::of)
    }
    pub fn backoff_limit(self) -> Option<i64> {
        self.0.get(k::BACKOFF_LIMIT).and_then(Value::as_i64)
    }
    pub fn backoff_limit_per_index(self) -> Option<i64> {
        self.0.get(k::BACKOFF_LIMIT_PER_INDEX).and_then(Value::as_i64)
    }
    pub fn max_failed_indexes(self) -> Option<i64> {
        self.0.get(k::MAX_FAILED_INDEXES).and_then(Value::as_i64)
    }
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn manual_selector(self) -> Option<bool> {
        self.0.get(k::MANUAL_SELECTOR).and_then(Value::as_bool)
    }
    pub fn template(self) -> PodTemplateSpecView<'a> {
        PodTemplateSpecView(self.0.get(k::TEMPLATE).unwrap_or(&NULL))
    }
    pub fn ttl_seconds_after_finished(self) -> Option<i64> {
        self.0.get(k::TTL_SECONDS_AFTER_FINISHED).and_then(Value::as_i64)
    }
    pub fn completion_mode(self) -> Option<&'a str> {
        self.0.get(k::COMPLETION_MODE).and_then(Value::as_str)
    }
    pub fn suspend(self) -> Option<bool> {
        self.0.get(k::SUSPEND).and_then(Value::as_bool)
    }
    pub fn pod_replacement_policy(self) -> Option<&'a str> {
        self.0.get(k::POD_REPLACEMENT_POLICY).and_then(Value::as_str)
    }
    pub fn managed_by(self) -> Option<&'a str> {
        self.0.get(k::MANAGED_BY).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct JobStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for JobStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> JobStatusView<'a> {
    pub fn conditions(self) -> Views<'a, JobConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn start_time(self) -> Option<Timestamp> {
        self.0.get(k::START_TIME).and_then(crate::view::time)
    }
    pub fn completion_time(self) -> Option<Timestamp> {
        self.0.get(k::COMPLETION_TIME).and_then(crate::view::time)
    }
    pub fn active(self) -> i64 {
        self.0.get(k::ACTIVE).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn succeeded(self) -> i64 {
        self.0.get(k::SUCCEEDED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn failed(self) -> i64 {
        self.0.get(k::FAILED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn terminating(self) -> Option<i64> {
        self.0.get(k::TERMINATING).and_then(Value::as_i64)
    }
    pub fn completed_indexes(self) -> &'a str {
        self.0.get(k::COMPLETED_INDEXES).map_or("", Value::str_or_empty)
    }
    pub fn failed_indexes(self) -> Option<&'a str> {
        self.0.get(k::FAILED_INDEXES).and_then(Value::as_str)
    }
    pub fn uncounted_terminated_pods(self) -> Option<UncountedTerminatedPodsView<'a>> {
        self.0.get(k::UNCOUNTED_TERMINATED_PODS).filter(|v| !v.is_null()).map(UncountedTerminatedPodsView::of)
    }
    pub fn ready(self) -> Option<i64> {
        self.0.get(k::READY).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct JobTemplateSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for JobTemplateSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> JobTemplateSpecView<'a> {
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> JobSpecView<'a> {
        JobSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodFailurePolicyView<'a>(pub &'a Value);

impl<'a> View<'a> for PodFailurePolicyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodFailurePolicyView<'a> {
    pub fn rules(self) -> Views<'a, PodFailurePolicyRuleView<'a>> {
        Views::of(self.0.get(k::RULES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodFailurePolicyOnExitCodesRequirementView<'a>(pub &'a Value);

impl<'a> View<'a> for PodFailurePolicyOnExitCodesRequirementView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodFailurePolicyOnExitCodesRequirementView<'a> {
    pub fn container_name(self) -> Option<&'a str> {
        self.0.get(k::CONTAINER_NAME).and_then(Value::as_str)
    }
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> &'a Value {
        self.0.get(k::VALUES).unwrap_or(&NULL)
    }
}

#[derive(Clone, Copy)]
pub struct PodFailurePolicyOnPodConditionsPatternView<'a>(pub &'a Value);

impl<'a> View<'a> for PodFailurePolicyOnPodConditionsPatternView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodFailurePolicyOnPodConditionsPatternView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodFailurePolicyRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for PodFailurePolicyRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodFailurePolicyRuleView<'a> {
    pub fn action(self) -> &'a str {
        self.0.get(k::ACTION).map_or("", Value::str_or_empty)
    }
    pub fn on_exit_codes(self) -> Option<PodFailurePolicyOnExitCodesRequirementView<'a>> {
        self.0
            .get(k::ON_EXIT_CODES)
            .filter(|v| !v.is_null())
            .map(PodFailurePolicyOnExitCodesRequirementView::of)
    }
    pub fn on_pod_conditions(self) -> Views<'a, PodFailurePolicyOnPodConditionsPatternView<'a>> {
        Views::of(self.0.get(k::ON_POD_CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SuccessPolicyView<'a>(pub &'a Value);

impl<'a> View<'a> for SuccessPolicyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SuccessPolicyView<'a> {
    pub fn rules(self) -> Views<'a, SuccessPolicyRuleView<'a>> {
        Views::of(self.0.get(k::RULES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SuccessPolicyRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for SuccessPolicyRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SuccessPolicyRuleView<'a> {
    pub fn succeeded_indexes(self) -> Option<&'a str> {
        self.0.get(k::SUCCEEDED_INDEXES).and_then(Value::as_str)
    }
    pub fn succeeded_count(self) -> Option<i64> {
        self.0.get(k::SUCCEEDED_COUNT).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct UncountedTerminatedPodsView<'a>(pub &'a Value);

impl<'a> View<'a> for UncountedTerminatedPodsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> UncountedTerminatedPodsView<'a> {
    pub fn succeeded(self) -> Strs<'a> {
        Strs::of(self.0.get(k::SUCCEEDED).unwrap_or(&NULL))
    }
    pub fn failed(self) -> Strs<'a> {
        Strs::of(self.0.get(k::FAILED).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct CertificateSigningRequestView<'a>(pub &'a Value);

impl<'a> View<'a> for CertificateSigningRequestView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CertificateSigningRequestView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> CertificateSigningRequestSpecView<'a> {
        CertificateSigningRequestSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> CertificateSigningRequestStatusView<'a> {
        CertificateSigningRequestStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct CertificateSigningRequestConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for CertificateSigningRequestConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CertificateSigningRequestConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
    pub fn last_update_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_UPDATE_TIME).and_then(crate::view::time)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct CertificateSigningRequestSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for CertificateSigningRequestSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CertificateSigningRequestSpecView<'a> {
    pub fn request(self) -> &'a str {
        self.0.get(k::REQUEST).map_or("", Value::str_or_empty)
    }
    pub fn signer_name(self) -> &'a str {
        self.0.get(k::SIGNER_NAME).map_or("", Value::str_or_empty)
    }
    pub fn expiration_seconds(self) -> Option<i64> {
        self.0.get(k::EXPIRATION_SECONDS).and_then(Value::as_i64)
    }
    pub fn usages(self) -> Strs<'a> {
        Strs::of(self.0.get(k::USAGES).unwrap_or(&NULL))
    }
    pub fn username(self) -> &'a str {
        self.0.get(k::USERNAME).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
    pub fn groups(self) -> Strs<'a> {
        Strs::of(self.0.get(k::GROUPS).unwrap_or(&NULL))
    }
    pub fn extra(self) -> MapView<'a> {
        MapView::of(self.0.get(k::EXTRA).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct CertificateSigningRequestStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for CertificateSigningRequestStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CertificateSigningRequestStatusView<'a> {
    pub fn conditions(self) -> Views<'a, CertificateSigningRequestConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn certificate(self) -> &'a str {
        self.0.get(k::CERTIFICATE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct LeaseView<'a>(pub &'a Value);

impl<'a> View<'a> for LeaseView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LeaseView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> LeaseSpecView<'a> {
        LeaseSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LeaseSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for LeaseSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LeaseSpecView<'a> {
    pub fn holder_identity(self) -> Option<&'a str> {
        self.0.get(k::HOLDER_IDENTITY).and_then(Value::as_str)
    }
    pub fn lease_duration_seconds(self) -> Option<i64> {
        self.0.get(k::LEASE_DURATION_SECONDS).and_then(Value::as_i64)
    }
    pub fn acquire_time(self) -> Option<Timestamp> {
        self.0.get(k::ACQUIRE_TIME).and_then(crate::view::time)
    }
    pub fn renew_time(self) -> Option<Timestamp> {
        self.0.get(k::RENEW_TIME).and_then(crate::view::time)
    }
    pub fn lease_transitions(self) -> Option<i64> {
        self.0.get(k::LEASE_TRANSITIONS).and_then(Value::as_i64)
    }
    pub fn strategy(self) -> Option<&'a str> {
        self.0.get(k::STRATEGY).and_then(Value::as_str)
    }
    pub fn preferred_holder(self) -> Option<&'a str> {
        self.0.get(k::PREFERRED_HOLDER).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct AWSElasticBlockStoreVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for AWSElasticBlockStoreVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AWSElasticBlockStoreVolumeSourceView<'a> {
    pub fn volume_id(self) -> &'a str {
        self.0.get(k::VOLUME_ID).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn partition(self) -> i64 {
        self.0.get(k::PARTITION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct AffinityView<'a>(pub &'a Value);

impl<'a> View<'a> for AffinityView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AffinityView<'a> {
    pub fn node_affinity(self) -> Option<NodeAffinityView<'a>> {
        self.0.get(k::NODE_AFFINITY).filter(|v| !v.is_null()).map(NodeAffinityView::of)
    }
    pub fn pod_affinity(self) -> Option<PodAffinityView<'a>> {
        self.0.get(k::POD_AFFINITY).filter(|v| !v.is_null()).map(PodAffinityView::of)
    }
    pub fn pod_anti_affinity(self) -> Option<PodAntiAffinityView<'a>> {
        self.0.get(k::POD_ANTI_AFFINITY).filter(|v| !v.is_null()).map(PodAntiAffinityView::of)
    }
}

#[derive(Clone, Copy)]
pub struct AppArmorProfileView<'a>(pub &'a Value);

impl<'a> View<'a> for AppArmorProfileView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AppArmorProfileView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn localhost_profile(self) -> Option<&'a str> {
        self.0.get(k::LOCALHOST_PROFILE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct AttachedVolumeView<'a>(pub &'a Value);

impl<'a> View<'a> for AttachedVolumeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AttachedVolumeView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn device_path(self) -> &'a str {
        self.0.get(k::DEVICE_PATH).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct AzureDiskVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for AzureDiskVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AzureDiskVolumeSourceView<'a> {
    pub fn disk_name(self) -> &'a str {
        self.0.get(k::DISK_NAME).map_or("", Value::str_or_empty)
    }
    pub fn disk_uri(self) -> &'a str {
        self.0.get(k::DISK_URI).map_or("", Value::str_or_empty)
    }
    pub fn caching_mode(self) -> Option<&'a str> {
        self.0.get(k::CACHING_MODE).and_then(Value::as_str)
    }
    pub fn fs_type(self) -> Option<&'a str> {
        self.0.get(k::FS_TYPE).and_then(Value::as_str)
    }
    pub fn read_only(self) -> Option<bool> {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool)
    }
    pub fn kind(self) -> Option<&'a str> {
        self.0.get(k::KIND).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct AzureFilePersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for AzureFilePersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AzureFilePersistentVolumeSourceView<'a> {
    pub fn secret_name(self) -> &'a str {
        self.0.get(k::SECRET_NAME).map_or("", Value::str_or_empty)
    }
    pub fn share_name(self) -> &'a str {
        self.0.get(k::SHARE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_namespace(self) -> Option<&'a str> {
        self.0.get(k::SECRET_NAMESPACE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct AzureFileVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for AzureFileVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AzureFileVolumeSourceView<'a> {
    pub fn secret_name(self) -> &'a str {
        self.0.get(k::SECRET_NAME).map_or("", Value::str_or_empty)
    }
    pub fn share_name(self) -> &'a str {
        self.0.get(k::SHARE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct CSIPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for CSIPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CSIPersistentVolumeSourceView<'a> {
    pub fn driver(self) -> &'a str {
        self.0.get(k::DRIVER).map_or("", Value::str_or_empty)
    }
    pub fn volume_handle(self) -> &'a str {
        self.0.get(k::VOLUME_HANDLE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn volume_attributes(self) -> MapView<'a> {
        MapView::of(self.0.get(k::VOLUME_ATTRIBUTES).unwrap_or(&NULL))
    }
    pub fn controller_publish_secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::CONTROLLER_PUBLISH_SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn node_stage_secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::NODE_STAGE_SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn node_publish_secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::NODE_PUBLISH_SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn controller_expand_secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::CONTROLLER_EXPAND_SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn node_expand_secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::NODE_EXPAND_SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct CSIVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for CSIVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CSIVolumeSourceView<'a> {
    pub fn driver(self) -> &'a str {
        self.0.get(k::DRIVER).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> Option<bool> {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool)
    }
    pub fn fs_type(self) -> Option<&'a str> {
        self.0.get(k::FS_TYPE).and_then(Value::as_str)
    }
    pub fn volume_attributes(self) -> MapView<'a> {
        MapView::of(self.0.get(k::VOLUME_ATTRIBUTES).unwrap_or(&NULL))
    }
    pub fn node_publish_secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::NODE_PUBLISH_SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct CapabilitiesView<'a>(pub &'a Value);

impl<'a> View<'a> for CapabilitiesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CapabilitiesView<'a> {
    pub fn add(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ADD).unwrap_or(&NULL))
    }
    pub fn drop(self) -> Strs<'a> {
        Strs::of(self.0.get(k::DROP).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct CephFSPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for CephFSPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CephFSPersistentVolumeSourceView<'a> {
    pub fn monitors(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MONITORS).unwrap_or(&NULL))
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn secret_file(self) -> &'a str {
        self.0.get(k::SECRET_FILE).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct CephFSVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for CephFSVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CephFSVolumeSourceView<'a> {
    pub fn monitors(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MONITORS).unwrap_or(&NULL))
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn secret_file(self) -> &'a str {
        self.0.get(k::SECRET_FILE).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct CinderPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for CinderPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CinderPersistentVolumeSourceView<'a> {
    pub fn volume_id(self) -> &'a str {
        self.0.get(k::VOLUME_ID).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct CinderVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for CinderVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> CinderVolumeSourceView<'a> {
    pub fn volume_id(self) -> &'a str {
        self.0.get(k::VOLUME_ID).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ClientIPConfigView<'a>(pub &'a Value);

impl<'a> View<'a> for ClientIPConfigView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ClientIPConfigView<'a> {
    pub fn timeout_seconds(self) -> Option<i64> {
        self.0.get(k::TIMEOUT_SECONDS).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct ClusterTrustBundleProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for ClusterTrustBundleProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ClusterTrustBundleProjectionView<'a> {
    pub fn name(self) -> Option<&'a str> {
        self.0.get(k::NAME).and_then(Value::as_str)
    }
    pub fn signer_name(self) -> Option<&'a str> {
        self.0.get(k::SIGNER_NAME).and_then(Value::as_str)
    }
    pub fn label_selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::LABEL_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ConfigMapView<'a>(pub &'a Value);

impl<'a> View<'a> for ConfigMapView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConfigMapView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn immutable(self) -> Option<bool> {
        self.0.get(k::IMMUTABLE).and_then(Value::as_bool)
    }
    pub fn data(self) -> MapView<'a> {
        MapView::of(self.0.get(k::DATA).unwrap_or(&NULL))
    }
    pub fn binary_data(self) -> MapView<'a> {
        MapView::of(self.0.get(k::BINARY_DATA).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ConfigMapEnvSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ConfigMapEnvSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConfigMapEnvSourceView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct ConfigMapKeySelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for ConfigMapKeySelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConfigMapKeySelectorView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct ConfigMapNodeConfigSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ConfigMapNodeConfigSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConfigMapNodeConfigSourceView<'a> {
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
    pub fn resource_version(self) -> &'a str {
        self.0.get(k::RESOURCE_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn kubelet_config_key(self) -> &'a str {
        self.0.get(k::KUBELET_CONFIG_KEY).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ConfigMapProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for ConfigMapProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConfigMapProjectionView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn items(self) -> Views<'a, KeyToPathView<'a>> {
        Views::of(self.0.get(k::ITEMS).unwrap_or(&NULL))
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct ConfigMapVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ConfigMapVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConfigMapVolumeSourceView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn items(self) -> Views<'a, KeyToPathView<'a>> {
        Views::of(self.0.get(k::ITEMS).unwrap_or(&NULL))
    }
    pub fn default_mode(self) -> Option<i64> {
        self.0.get(k::DEFAULT_MODE).and_then(Value::as_i64)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn image(self) -> &'a str {
        self.0.get(k::IMAGE).map_or("", Value::str_or_empty)
    }
    pub fn command(self) -> Strs<'a> {
        Strs::of(self.0.get(k::COMMAND).unwrap_or(&NULL))
    }
    pub fn args(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ARGS).unwrap_or(&NULL))
    }
    pub fn working_dir(self) -> &'a str {
        self.0.get(k::WORKING_DIR).map_or("", Value::str_or_empty)
    }
    pub fn ports(self) -> Views<'a, ContainerPortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
    pub fn env_from(self) -> Views<'a, EnvFromSourceView<'a>> {
        Views::of(self.0.get(k::ENV_FROM).unwrap_or(&NULL))
    }
    pub fn env(self) -> Views<'a, EnvVarView<'a>> {
        Views::of(self.0.get(k::ENV).unwrap_or(&NULL))
    }
    pub fn resources(self) -> ResourceRequirementsView<'a> {
        ResourceRequirementsView(self.0.get(k::RESOURCES).unwrap_or(&NULL))
    }
    pub fn resize_policy(self) -> Views<'a, ContainerResizePolicyView<'a>> {
        Views::of(self.0.get(k::RESIZE_POLICY).unwrap_or(&NULL))
    }
    pub fn restart_policy(self) -> Option<&'a str> {
        self.0.get(k::RESTART_POLICY).and_then(Value::as_str)
    }
    pub fn restart_policy_rules(self) -> Views<'a, ContainerRestartRuleView<'a>> {
        Views::of(self.0.get(k::RESTART_POLICY_RULES).unwrap_or(&NULL))
    }
    pub fn volume_mounts(self) -> Views<'a, VolumeMountView<'a>> {
        Views::of(self.0.get(k::VOLUME_MOUNTS).unwrap_or(&NULL))
    }
    pub fn volume_devices(self) -> Views<'a, VolumeDeviceView<'a>> {
        Views::of(self.0.get(k::VOLUME_DEVICES).unwrap_or(&NULL))
    }
    pub fn liveness_probe(self) -> Option<ProbeView<'a>> {
        self.0.get(k::LIVENESS_PROBE).filter(|v| !v.is_null()).map(ProbeView::of)
    }
    pub fn readiness_probe(self) -> Option<ProbeView<'a>> {
        self.0.get(k::READINESS_PROBE).filter(|v| !v.is_null()).map(ProbeView::of)
    }
    pub fn startup_probe(self) -> Option<ProbeView<'a>> {
        self.0.get(k::STARTUP_PROBE).filter(|v| !v.is_null()).map(ProbeView::of)
    }
    pub fn lifecycle(self) -> Option<LifecycleView<'a>> {
        self.0.get(k::LIFECYCLE).filter(|v| !v.is_null()).map(LifecycleView::of)
    }
    pub fn termination_message_path(self) -> &'a str {
        self.0.get(k::TERMINATION_MESSAGE_PATH).map_or("", Value::str_or_empty)
    }
    pub fn termination_message_policy(self) -> &'a str {
        self.0.get(k::TERMINATION_MESSAGE_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn image_pull_policy(self) -> &'a str {
        self.0.get(k::IMAGE_PULL_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn security_context(self) -> Option<SecurityContextView<'a>> {
        self.0.get(k::SECURITY_CONTEXT).filter(|v| !v.is_null()).map(SecurityContextView::of)
    }
    pub fn stdin(self) -> bool {
        self.0.get(k::STDIN).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn stdin_once(self) -> bool {
        self.0.get(k::STDIN_ONCE).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn tty(self) -> bool {
        self.0.get(k::TTY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerExtendedResourceRequestView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerExtendedResourceRequestView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerExtendedResourceRequestView<'a> {
    pub fn container_name(self) -> &'a str {
        self.0.get(k::CONTAINER_NAME).map_or("", Value::str_or_empty)
    }
    pub fn resource_name(self) -> &'a str {
        self.0.get(k::RESOURCE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn request_name(self) -> &'a str {
        self.0.get(k::REQUEST_NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerImageView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerImageView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerImageView<'a> {
    pub fn names(self) -> Strs<'a> {
        Strs::of(self.0.get(k::NAMES).unwrap_or(&NULL))
    }
    pub fn size_bytes(self) -> i64 {
        self.0.get(k::SIZE_BYTES).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerPortView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerPortView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerPortView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn host_port(self) -> i64 {
        self.0.get(k::HOST_PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn container_port(self) -> i64 {
        self.0.get(k::CONTAINER_PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn protocol(self) -> &'a str {
        self.0.get(k::PROTOCOL).map_or("", Value::str_or_empty)
    }
    pub fn host_ip(self) -> &'a str {
        self.0.get(k::HOST_IP).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerResizePolicyView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerResizePolicyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerResizePolicyView<'a> {
    pub fn resource_name(self) -> &'a str {
        self.0.get(k::RESOURCE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn restart_policy(self) -> &'a str {
        self.0.get(k::RESTART_POLICY).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerRestartRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerRestartRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerRestartRuleView<'a> {
    pub fn action(self) -> &'a str {
        self.0.get(k::ACTION).map_or("", Value::str_or_empty)
    }
    pub fn exit_codes(self) -> Option<ContainerRestartRuleOnExitCodesView<'a>> {
        self.0.get(k::EXIT_CODES).filter(|v| !v.is_null()).map(ContainerRestartRuleOnExitCodesView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerRestartRuleOnExitCodesView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerRestartRuleOnExitCodesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerRestartRuleOnExitCodesView<'a> {
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> &'a Value {
        self.0.get(k::VALUES).unwrap_or(&NULL)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerStateView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerStateView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerStateView<'a> {
    pub fn waiting(self) -> Option<ContainerStateWaitingView<'a>> {
        self.0.get(k::WAITING).filter(|v| !v.is_null()).map(ContainerStateWaitingView::of)
    }
    pub fn running(self) -> Option<ContainerStateRunningView<'a>> {
        self.0.get(k::RUNNING).filter(|v| !v.is_null()).map(ContainerStateRunningView::of)
    }
    pub fn terminated(self) -> Option<ContainerStateTerminatedView<'a>> {
        self.0.get(k::TERMINATED).filter(|v| !v.is_null()).map(ContainerStateTerminatedView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerStateRunningView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerStateRunningView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerStateRunningView<'a> {
    pub fn started_at(self) -> Option<Timestamp> {
        self.0.get(k::STARTED_AT).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerStateTerminatedView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerStateTerminatedView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerStateTerminatedView<'a> {
    pub fn exit_code(self) -> i64 {
        self.0.get(k::EXIT_CODE).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn signal(self) -> i64 {
        self.0.get(k::SIGNAL).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
    pub fn started_at(self) -> Option<Timestamp> {
        self.0.get(k::STARTED_AT).and_then(crate::view::time)
    }
    pub fn finished_at(self) -> Option<Timestamp> {
        self.0.get(k::FINISHED_AT).and_then(crate::view::time)
    }
    pub fn container_id(self) -> &'a str {
        self.0.get(k::CONTAINER_ID).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerStateWaitingView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerStateWaitingView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerStateWaitingView<'a> {
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerStatusView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn state(self) -> ContainerStateView<'a> {
        ContainerStateView(self.0.get(k::STATE).unwrap_or(&NULL))
    }
    pub fn last_state(self) -> ContainerStateView<'a> {
        ContainerStateView(self.0.get(k::LAST_STATE).unwrap_or(&NULL))
    }
    pub fn ready(self) -> bool {
        self.0.get(k::READY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn restart_count(self) -> i64 {
        self.0.get(k::RESTART_COUNT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn image(self) -> &'a str {
        self.0.get(k::IMAGE).map_or("", Value::str_or_empty)
    }
    pub fn image_id(self) -> &'a str {
        self.0.get(k::IMAGE_ID).map_or("", Value::str_or_empty)
    }
    pub fn container_id(self) -> &'a str {
        self.0.get(k::CONTAINER_ID).map_or("", Value::str_or_empty)
    }
    pub fn started(self) -> Option<bool> {
        self.0.get(k::STARTED).and_then(Value::as_bool)
    }
    pub fn allocated_resources(self) -> MapView<'a> {
        MapView::of(self.0.get(k::ALLOCATED_RESOURCES).unwrap_or(&NULL))
    }
    pub fn resources(self) -> Option<ResourceRequirementsView<'a>> {
        self.0.get(k::RESOURCES).filter(|v| !v.is_null()).map(ResourceRequirementsView::of)
    }
    pub fn volume_mounts(self) -> Views<'a, VolumeMountStatusView<'a>> {
        Views::of(self.0.get(k::VOLUME_MOUNTS).unwrap_or(&NULL))
    }
    pub fn user(self) -> Option<ContainerUserView<'a>> {
        self.0.get(k::USER).filter(|v| !v.is_null()).map(ContainerUserView::of)
    }
    pub fn allocated_resources_status(self) -> Views<'a, ResourceStatusView<'a>> {
        Views::of(self.0.get(k::ALLOCATED_RESOURCES_STATUS).unwrap_or(&NULL))
    }
    pub fn stop_signal(self) -> Option<&'a str> {
        self.0.get(k::STOP_SIGNAL).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ContainerUserView<'a>(pub &'a Value);

impl<'a> View<'a> for ContainerUserView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ContainerUserView<'a> {
    pub fn linux(self) -> Option<LinuxContainerUserView<'a>> {
        self.0.get(k::LINUX).filter(|v| !v.is_null()).map(LinuxContainerUserView::of)
    }
}

#[derive(Clone, Copy)]
pub struct DaemonEndpointView<'a>(pub &'a Value);

impl<'a> View<'a> for DaemonEndpointView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DaemonEndpointView<'a> {
    pub fn port(self) -> i64 {
        self.0.get(k::PORT_CAPITAL).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct DownwardAPIProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for DownwardAPIProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DownwardAPIProjectionView<'a> {
    pub fn items(self) -> Views<'a, DownwardAPIVolumeFileView<'a>> {
        Views::of(self.0.get(k::ITEMS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct DownwardAPIVolumeFileView<'a>(pub &'a Value);

impl<'a> View<'a> for DownwardAPIVolumeFileView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DownwardAPIVolumeFileView<'a> {
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn field_ref(self) -> Option<ObjectFieldSelectorView<'a>> {
        self.0.get(k::FIELD_REF).filter(|v| !v.is_null()).map(ObjectFieldSelectorView::of)
    }
    pub fn resource_field_ref(self) -> Option<ResourceFieldSelectorView<'a>> {
        self.0.get(k::RESOURCE_FIELD_REF).filter(|v| !v.is_null()).map(ResourceFieldSelectorView::of)
    }
    pub fn mode(self) -> Option<i64> {
        self.0.get(k::MODE).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct DownwardAPIVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for DownwardAPIVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DownwardAPIVolumeSourceView<'a> {
    pub fn items(self) -> Views<'a, DownwardAPIVolumeFileView<'a>> {
        Views::of(self.0.get(k::ITEMS).unwrap_or(&NULL))
    }
    pub fn default_mode(self) -> Option<i64> {
        self.0.get(k::DEFAULT_MODE).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct EmptyDirVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for EmptyDirVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EmptyDirVolumeSourceView<'a> {
    pub fn medium(self) -> &'a str {
        self.0.get(k::MEDIUM).map_or("", Value::str_or_empty)
    }
    pub fn size_limit(self) -> Option<Quantity> {
        self.0.get(k::SIZE_LIMIT).and_then(crate::view::quantity)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointAddressView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointAddressView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointAddressView<'a> {
    pub fn ip(self) -> &'a str {
        self.0.get(k::IP).map_or("", Value::str_or_empty)
    }
    pub fn hostname(self) -> &'a str {
        self.0.get(k::HOSTNAME).map_or("", Value::str_or_empty)
    }
    pub fn node_name(self) -> Option<&'a str> {
        self.0.get(k::NODE_NAME).and_then(Value::as_str)
    }
    pub fn target_ref(self) -> Option<ObjectReferenceView<'a>> {
        self.0.get(k::TARGET_REF).filter(|v| !v.is_null()).map(ObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointPortView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointPortView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointPortView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn port(self) -> i64 {
        self.0.get(k::PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn protocol(self) -> &'a str {
        self.0.get(k::PROTOCOL).map_or("", Value::str_or_empty)
    }
    pub fn app_protocol(self) -> Option<&'a str> {
        self.0.get(k::APP_PROTOCOL).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointSubsetView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointSubsetView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointSubsetView<'a> {
    pub fn addresses(self) -> Views<'a, EndpointAddressView<'a>> {
        Views::of(self.0.get(k::ADDRESSES).unwrap_or(&NULL))
    }
    pub fn not_ready_addresses(self) -> Views<'a, EndpointAddressView<'a>> {
        Views::of(self.0.get(k::NOT_READY_ADDRESSES).unwrap_or(&NULL))
    }
    pub fn ports(self) -> Views<'a, EndpointPortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct EndpointsView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointsView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn subsets(self) -> Views<'a, EndpointSubsetView<'a>> {
        Views::of(self.0.get(k::SUBSETS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct EnvFromSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for EnvFromSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EnvFromSourceView<'a> {
    pub fn prefix(self) -> &'a str {
        self.0.get(k::PREFIX).map_or("", Value::str_or_empty)
    }
    pub fn config_map_ref(self) -> Option<ConfigMapEnvSourceView<'a>> {
        self.0.get(k::CONFIG_MAP_REF).filter(|v| !v.is_null()).map(ConfigMapEnvSourceView::of)
    }
    pub fn secret_ref(self) -> Option<SecretEnvSourceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretEnvSourceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct EnvVarView<'a>(pub &'a Value);

impl<'a> View<'a> for EnvVarView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EnvVarView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn value(self) -> &'a str {
        self.0.get(k::VALUE).map_or("", Value::str_or_empty)
    }
    pub fn value_from(self) -> Option<EnvVarSourceView<'a>> {
        self.0.get(k::VALUE_FROM).filter(|v| !v.is_null()).map(EnvVarSourceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct EnvVarSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for EnvVarSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EnvVarSourceView<'a> {
    pub fn field_ref(self) -> Option<ObjectFieldSelectorView<'a>> {
        self.0.get(k::FIELD_REF).filter(|v| !v.is_null()).map(ObjectFieldSelectorView::of)
    }
    pub fn resource_field_ref(self) -> Option<ResourceFieldSelectorView<'a>> {
        self.0.get(k::RESOURCE_FIELD_REF).filter(|v| !v.is_null()).map(ResourceFieldSelectorView::of)
    }
    pub fn config_map_key_ref(self) -> Option<ConfigMapKeySelectorView<'a>> {
        self.0.get(k::CONFIG_MAP_KEY_REF).filter(|v| !v.is_null()).map(ConfigMapKeySelectorView::of)
    }
    pub fn secret_key_ref(self) -> Option<SecretKeySelectorView<'a>> {
        self.0.get(k::SECRET_KEY_REF).filter(|v| !v.is_null()).map(SecretKeySelectorView::of)
    }
    pub fn file_key_ref(self) -> Option<FileKeySelectorView<'a>> {
        self.0.get(k::FILE_KEY_REF).filter(|v| !v.is_null()).map(FileKeySelectorView::of)
    }
}

#[derive(Clone, Copy)]
pub struct EphemeralContainerView<'a>(pub &'a Value);

impl<'a> View<'a> for EphemeralContainerView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EphemeralContainerView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn image(self) -> &'a str {
        self.0.get(k::IMAGE).map_or("", Value::str_or_empty)
    }
    pub fn command(self) -> Strs<'a> {
        Strs::of(self.0.get(k::COMMAND).unwrap_or(&NULL))
    }
    pub fn args(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ARGS).unwrap_or(&NULL))
    }
    pub fn working_dir(self) -> &'a str {
        self.0.get(k::WORKING_DIR).map_or("", Value::str_or_empty)
    }
    pub fn ports(self) -> Views<'a, ContainerPortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
    pub fn env_from(self) -> Views<'a, EnvFromSourceView<'a>> {
        Views::of(self.0.get(k::ENV_FROM).unwrap_or(&NULL))
    }
    pub fn env(self) -> Views<'a, EnvVarView<'a>> {
        Views::of(self.0.get(k::ENV).unwrap_or(&NULL))
    }
    pub fn resources(self) -> ResourceRequirementsView<'a> {
        ResourceRequirementsView(self.0.get(k::RESOURCES).unwrap_or(&NULL))
    }
    pub fn resize_policy(self) -> Views<'a, ContainerResizePolicyView<'a>> {
        Views::of(self.0.get(k::RESIZE_POLICY).unwrap_or(&NULL))
    }
    pub fn restart_policy(self) -> Option<&'a str> {
        self.0.get(k::RESTART_POLICY).and_then(Value::as_str)
    }
    pub fn restart_policy_rules(self) -> Views<'a, ContainerRestartRuleView<'a>> {
        Views::of(self.0.get(k::RESTART_POLICY_RULES).unwrap_or(&NULL))
    }
    pub fn volume_mounts(self) -> Views<'a, VolumeMountView<'a>> {
        Views::of(self.0.get(k::VOLUME_MOUNTS).unwrap_or(&NULL))
    }
    pub fn volume_devices(self) -> Views<'a, VolumeDeviceView<'a>> {
        Views::of(self.0.get(k::VOLUME_DEVICES).unwrap_or(&NULL))
    }
    pub fn liveness_probe(self) -> Option<ProbeView<'a>> {
        self.0.get(k::LIVENESS_PROBE).filter(|v| !v.is_null()).map(ProbeView::of)
    }
    pub fn readiness_probe(self) -> Option<ProbeView<'a>> {
        self.0.get(k::READINESS_PROBE).filter(|v| !v.is_null()).map(ProbeView::of)
    }
    pub fn startup_probe(self) -> Option<ProbeView<'a>> {
        self.0.get(k::STARTUP_PROBE).filter(|v| !v.is_null()).map(ProbeView::of)
    }
    pub fn lifecycle(self) -> Option<LifecycleView<'a>> {
        self.0.get(k::LIFECYCLE).filter(|v| !v.is_null()).map(LifecycleView::of)
    }
    pub fn termination_message_path(self) -> &'a str {
        self.0.get(k::TERMINATION_MESSAGE_PATH).map_or("", Value::str_or_empty)
    }
    pub fn termination_message_policy(self) -> &'a str {
        self.0.get(k::TERMINATION_MESSAGE_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn image_pull_policy(self) -> &'a str {
        self.0.get(k::IMAGE_PULL_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn security_context(self) -> Option<SecurityContextView<'a>> {
        self.0.get(k::SECURITY_CONTEXT).filter(|v| !v.is_null()).map(SecurityContextView::of)
    }
    pub fn stdin(self) -> bool {
        self.0.get(k::STDIN).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn stdin_once(self) -> bool {
        self.0.get(k::STDIN_ONCE).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn tty(self) -> bool {
        self.0.get(k::TTY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn target_container_name(self) -> &'a str {
        self.0.get(k::TARGET_CONTAINER_NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct EphemeralVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for EphemeralVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EphemeralVolumeSourceView<'a> {
    pub fn volume_claim_template(self) -> Option<PersistentVolumeClaimTemplateView<'a>> {
        self.0
            .get(k::VOLUME_CLAIM_TEMPLATE)
            .filter(|v| !v.is_null())
            .map(PersistentVolumeClaimTemplateView::of)
    }
}

#[derive(Clone, Copy)]
pub struct EventView<'a>(pub &'a Value);

impl<'a> View<'a> for EventView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EventView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn involved_object(self) -> ObjectReferenceView<'a> {
        ObjectReferenceView(self.0.get(k::INVOLVED_OBJECT).unwrap_or(&NULL))
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
    pub fn source(self) -> EventSourceView<'a> {
        EventSourceView(self.0.get(k::SOURCE).unwrap_or(&NULL))
    }
    pub fn first_timestamp(self) -> Option<Timestamp> {
        self.0.get(k::FIRST_TIMESTAMP).and_then(crate::view::time)
    }
    pub fn last_timestamp(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TIMESTAMP).and_then(crate::view::time)
    }
    pub fn count(self) -> i64 {
        self.0.get(k::COUNT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn event_time(self) -> Option<Timestamp> {
        self.0.get(k::EVENT_TIME).and_then(crate::view::time)
    }
    pub fn series(self) -> Option<EventSeriesView<'a>> {
        self.0.get(k::SERIES).filter(|v| !v.is_null()).map(EventSeriesView::of)
    }
    pub fn action(self) -> &'a str {
        self.0.get(k::ACTION).map_or("", Value::str_or_empty)
    }
    pub fn related(self) -> Option<ObjectReferenceView<'a>> {
        self.0.get(k::RELATED).filter(|v| !v.is_null()).map(ObjectReferenceView::of)
    }
    pub fn reporting_component(self) -> &'a str {
        self.0.get(k::REPORTING_COMPONENT).map_or("", Value::str_or_empty)
    }
    pub fn reporting_instance(self) -> &'a str {
        self.0.get(k::REPORTING_INSTANCE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct EventSeriesView<'a>(pub &'a Value);

impl<'a> View<'a> for EventSeriesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EventSeriesView<'a> {
    pub fn count(self) -> i64 {
        self.0.get(k::COUNT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn last_observed_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_OBSERVED_TIME).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct EventSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for EventSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EventSourceView<'a> {
    pub fn component(self) -> &'a str {
        self.0.get(k::COMPONENT).map_or("", Value::str_or_empty)
    }
    pub fn host(self) -> &'a str {
        self.0.get(k::HOST).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ExecActionView<'a>(pub &'a Value);

impl<'a> View<'a> for ExecActionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ExecActionView<'a> {
    pub fn command(self) -> Strs<'a> {
        Strs::of(self.0.get(k::COMMAND).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct FCVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for FCVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FCVolumeSourceView<'a> {
    pub fn target_wwns(self) -> Strs<'a> {
        Strs::of(self.0.get(k::TARGET_WWNS).unwrap_or(&NULL))
    }
    pub fn lun(self) -> Option<i64> {
        self.0.get(k::LUN).and_then(Value::as_i64)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn wwids(self) -> Strs<'a> {
        Strs::of(self.0.get(k::WWIDS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct FileKeySelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for FileKeySelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FileKeySelectorView<'a> {
    pub fn volume_name(self) -> &'a str {
        self.0.get(k::VOLUME_NAME).map_or("", Value::str_or_empty)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct FlexPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for FlexPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FlexPersistentVolumeSourceView<'a> {
    pub fn driver(self) -> &'a str {
        self.0.get(k::DRIVER).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn options(self) -> MapView<'a> {
        MapView::of(self.0.get(k::OPTIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct FlexVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for FlexVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FlexVolumeSourceView<'a> {
    pub fn driver(self) -> &'a str {
        self.0.get(k::DRIVER).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn options(self) -> MapView<'a> {
        MapView::of(self.0.get(k::OPTIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct FlockerVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for FlockerVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FlockerVolumeSourceView<'a> {
    pub fn dataset_name(self) -> &'a str {
        self.0.get(k::DATASET_NAME).map_or("", Value::str_or_empty)
    }
    pub fn dataset_uuid(self) -> &'a str {
        self.0.get(k::DATASET_UUID).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct GCEPersistentDiskVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for GCEPersistentDiskVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> GCEPersistentDiskVolumeSourceView<'a> {
    pub fn pd_name(self) -> &'a str {
        self.0.get(k::PD_NAME).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn partition(self) -> i64 {
        self.0.get(k::PARTITION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct GRPCActionView<'a>(pub &'a Value);

impl<'a> View<'a> for GRPCActionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> GRPCActionView<'a> {
    pub fn port(self) -> i64 {
        self.0.get(k::PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn service(self) -> Option<&'a str> {
        self.0.get(k::SERVICE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct GitRepoVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for GitRepoVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> GitRepoVolumeSourceView<'a> {
    pub fn repository(self) -> &'a str {
        self.0.get(k::REPOSITORY).map_or("", Value::str_or_empty)
    }
    pub fn revision(self) -> &'a str {
        self.0.get(k::REVISION).map_or("", Value::str_or_empty)
    }
    pub fn directory(self) -> &'a str {
        self.0.get(k::DIRECTORY).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct GlusterfsPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for GlusterfsPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> GlusterfsPersistentVolumeSourceView<'a> {
    pub fn endpoints(self) -> &'a str {
        self.0.get(k::ENDPOINTS).map_or("", Value::str_or_empty)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn endpoints_namespace(self) -> Option<&'a str> {
        self.0.get(k::ENDPOINTS_NAMESPACE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct GlusterfsVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for GlusterfsVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> GlusterfsVolumeSourceView<'a> {
    pub fn endpoints(self) -> &'a str {
        self.0.get(k::ENDPOINTS).map_or("", Value::str_or_empty)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct HTTPGetActionView<'a>(pub &'a Value);

impl<'a> View<'a> for HTTPGetActionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HTTPGetActionView<'a> {
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn port(self) -> &'a Value {
        self.0.get(k::PORT).unwrap_or(&NULL)
    }
    pub fn host(self) -> &'a str {
        self.0.get(k::HOST).map_or("", Value::str_or_empty)
    }
    pub fn scheme(self) -> &'a str {
        self.0.get(k::SCHEME).map_or("", Value::str_or_empty)
    }
    pub fn http_headers(self) -> Views<'a, HTTPHeaderView<'a>> {
        Views::of(self.0.get(k::HTTP_HEADERS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct HTTPHeaderView<'a>(pub &'a Value);

impl<'a> View<'a> for HTTPHeaderView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HTTPHeaderView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn value(self) -> &'a str {
        self.0.get(k::VALUE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct HostAliasView<'a>(pub &'a Value);

impl<'a> View<'a> for HostAliasView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HostAliasView<'a> {
    pub fn ip(self) -> &'a str {
        self.0.get(k::IP).map_or("", Value::str_or_empty)
    }
    pub fn hostnames(self) -> Strs<'a> {
        Strs::of(self.0.get(k::HOSTNAMES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct HostIPView<'a>(pub &'a Value);

impl<'a> View<'a> for HostIPView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HostIPView<'a> {
    pub fn ip(self) -> &'a str {
        self.0.get(k::IP).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct HostPathVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for HostPathVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HostPathVolumeSourceView<'a> {
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn type_(self) -> Option<&'a str> {
        self.0.get(k::TYPE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ISCSIPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ISCSIPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ISCSIPersistentVolumeSourceView<'a> {
    pub fn target_portal(self) -> &'a str {
        self.0.get(k::TARGET_PORTAL).map_or("", Value::str_or_empty)
    }
    pub fn iqn(self) -> &'a str {
        self.0.get(k::IQN).map_or("", Value::str_or_empty)
    }
    pub fn lun(self) -> i64 {
        self.0.get(k::LUN).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn iscsi_interface(self) -> &'a str {
        self.0.get(k::ISCSI_INTERFACE).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn portals(self) -> Strs<'a> {
        Strs::of(self.0.get(k::PORTALS).unwrap_or(&NULL))
    }
    pub fn chap_auth_discovery(self) -> bool {
        self.0.get(k::CHAP_AUTH_DISCOVERY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn chap_auth_session(self) -> bool {
        self.0.get(k::CHAP_AUTH_SESSION).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn initiator_name(self) -> Option<&'a str> {
        self.0.get(k::INITIATOR_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ISCSIVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ISCSIVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ISCSIVolumeSourceView<'a> {
    pub fn target_portal(self) -> &'a str {
        self.0.get(k::TARGET_PORTAL).map_or("", Value::str_or_empty)
    }
    pub fn iqn(self) -> &'a str {
        self.0.get(k::IQN).map_or("", Value::str_or_empty)
    }
    pub fn lun(self) -> i64 {
        self.0.get(k::LUN).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn iscsi_interface(self) -> &'a str {
        self.0.get(k::ISCSI_INTERFACE).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn portals(self) -> Strs<'a> {
        Strs::of(self.0.get(k::PORTALS).unwrap_or(&NULL))
    }
    pub fn chap_auth_discovery(self) -> bool {
        self.0.get(k::CHAP_AUTH_DISCOVERY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn chap_auth_session(self) -> bool {
        self.0.get(k::CHAP_AUTH_SESSION).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
    pub fn initiator_name(self) -> Option<&'a str> {
        self.0.get(k::INITIATOR_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ImageVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ImageVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ImageVolumeSourceView<'a> {
    pub fn reference(self) -> &'a str {
        self.0.get(k::REFERENCE).map_or("", Value::str_or_empty)
    }
    pub fn pull_policy(self) -> &'a str {
        self.0.get(k::PULL_POLICY).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ImageVolumeStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ImageVolumeStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ImageVolumeStatusView<'a> {
    pub fn image_ref(self) -> &'a str {
        self.0.get(k::IMAGE_REF).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct KeyToPathView<'a>(pub &'a Value);

impl<'a> View<'a> for KeyToPathView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> KeyToPathView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn mode(self) -> Option<i64> {
        self.0.get(k::MODE).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct LifecycleView<'a>(pub &'a Value);

impl<'a> View<'a> for LifecycleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LifecycleView<'a> {
    pub fn post_start(self) -> Option<LifecycleHandlerView<'a>> {
        self.0.get(k::POST_START).filter(|v| !v.is_null()).map(LifecycleHandlerView::of)
    }
    pub fn pre_stop(self) -> Option<LifecycleHandlerView<'a>> {
        self.0.get(k::PRE_STOP).filter(|v| !v.is_null()).map(LifecycleHandlerView::of)
    }
    pub fn stop_signal(self) -> Option<&'a str> {
        self.0.get(k::STOP_SIGNAL).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct LifecycleHandlerView<'a>(pub &'a Value);

impl<'a> View<'a> for LifecycleHandlerView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LifecycleHandlerView<'a> {
    pub fn exec(self) -> Option<ExecActionView<'a>> {
        self.0.get(k::EXEC).filter(|v| !v.is_null()).map(ExecActionView::of)
    }
    pub fn http_get(self) -> Option<HTTPGetActionView<'a>> {
        self.0.get(k::HTTP_GET).filter(|v| !v.is_null()).map(HTTPGetActionView::of)
    }
    pub fn tcp_socket(self) -> Option<TCPSocketActionView<'a>> {
        self.0.get(k::TCP_SOCKET).filter(|v| !v.is_null()).map(TCPSocketActionView::of)
    }
    pub fn sleep(self) -> Option<SleepActionView<'a>> {
        self.0.get(k::SLEEP).filter(|v| !v.is_null()).map(SleepActionView::of)
    }
}

#[derive(Clone, Copy)]
pub struct LimitRangeView<'a>(pub &'a Value);

impl<'a> View<'a> for LimitRangeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LimitRangeView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> LimitRangeSpecView<'a> {
        LimitRangeSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LimitRangeItemView<'a>(pub &'a Value);

impl<'a> View<'a> for LimitRangeItemView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LimitRangeItemView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn max(self) -> MapView<'a> {
        MapView::of(self.0.get(k::MAX).unwrap_or(&NULL))
    }
    pub fn min(self) -> MapView<'a> {
        MapView::of(self.0.get(k::MIN).unwrap_or(&NULL))
    }
    pub fn default_(self) -> MapView<'a> {
        MapView::of(self.0.get(k::DEFAULT).unwrap_or(&NULL))
    }
    pub fn default_request(self) -> MapView<'a> {
        MapView::of(self.0.get(k::DEFAULT_REQUEST).unwrap_or(&NULL))
    }
    pub fn max_limit_request_ratio(self) -> MapView<'a> {
        MapView::of(self.0.get(k::MAX_LIMIT_REQUEST_RATIO).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LimitRangeSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for LimitRangeSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LimitRangeSpecView<'a> {
    pub fn limits(self) -> Views<'a, LimitRangeItemView<'a>> {
        Views::of(self.0.get(k::LIMITS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LinuxContainerUserView<'a>(pub &'a Value);

impl<'a> View<'a> for LinuxContainerUserView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LinuxContainerUserView<'a> {
    pub fn uid(self) -> i64 {
        self.0.get(k::UID).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn gid(self) -> i64 {
        self.0.get(k::GID).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn supplemental_groups(self) -> &'a Value {
        self.0.get(k::SUPPLEMENTAL_GROUPS).unwrap_or(&NULL)
    }
}

#[derive(Clone, Copy)]
pub struct LoadBalancerIngressView<'a>(pub &'a Value);

impl<'a> View<'a> for LoadBalancerIngressView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LoadBalancerIngressView<'a> {
    pub fn ip(self) -> &'a str {
        self.0.get(k::IP).map_or("", Value::str_or_empty)
    }
    pub fn hostname(self) -> &'a str {
        self.0.get(k::HOSTNAME).map_or("", Value::str_or_empty)
    }
    pub fn ip_mode(self) -> Option<&'a str> {
        self.0.get(k::IP_MODE).and_then(Value::as_str)
    }
    pub fn ports(self) -> Views<'a, PortStatusView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LoadBalancerStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for LoadBalancerStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LoadBalancerStatusView<'a> {
    pub fn ingress(self) -> Views<'a, LoadBalancerIngressView<'a>> {
        Views::of(self.0.get(k::INGRESS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LocalObjectReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for LocalObjectReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LocalObjectReferenceView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct LocalVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for LocalVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LocalVolumeSourceView<'a> {
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> Option<&'a str> {
        self.0.get(k::FS_TYPE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ModifyVolumeStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ModifyVolumeStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ModifyVolumeStatusView<'a> {
    pub fn target_volume_attributes_class_name(self) -> &'a str {
        self.0.get(k::TARGET_VOLUME_ATTRIBUTES_CLASS_NAME).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NFSVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for NFSVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NFSVolumeSourceView<'a> {
    pub fn server(self) -> &'a str {
        self.0.get(k::SERVER).map_or("", Value::str_or_empty)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct NamespaceView<'a>(pub &'a Value);

impl<'a> View<'a> for NamespaceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NamespaceView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> NamespaceSpecView<'a> {
        NamespaceSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> NamespaceStatusView<'a> {
        NamespaceStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NamespaceConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for NamespaceConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NamespaceConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NamespaceSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for NamespaceSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NamespaceSpecView<'a> {
    pub fn finalizers(self) -> Strs<'a> {
        Strs::of(self.0.get(k::FINALIZERS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NamespaceStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for NamespaceStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NamespaceStatusView<'a> {
    pub fn phase(self) -> &'a str {
        self.0.get(k::PHASE).map_or("", Value::str_or_empty)
    }
    pub fn conditions(self) -> Views<'a, NamespaceConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> NodeSpecView<'a> {
        NodeSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> NodeStatusView<'a> {
        NodeStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeAddressView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeAddressView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeAddressView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn address(self) -> &'a str {
        self.0.get(k::ADDRESS).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NodeAffinityView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeAffinityView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeAffinityView<'a> {
    pub fn required_during_scheduling_ignored_during_execution(self) -> Option<NodeSelectorView<'a>> {
        self.0
            .get(k::REQUIRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION)
            .filter(|v| !v.is_null())
            .map(NodeSelectorView::of)
    }
    pub fn preferred_during_scheduling_ignored_during_execution(
        self,
    ) -> Views<'a, PreferredSchedulingTermView<'a>> {
        Views::of(self.0.get(k::PREFERRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeAllocatableResourceClaimStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeAllocatableResourceClaimStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeAllocatableResourceClaimStatusView<'a> {
    pub fn resource_claim_name(self) -> &'a str {
        self.0.get(k::RESOURCE_CLAIM_NAME).map_or("", Value::str_or_empty)
    }
    pub fn containers(self) -> Strs<'a> {
        Strs::of(self.0.get(k::CONTAINERS).unwrap_or(&NULL))
    }
    pub fn resources(self) -> MapView<'a> {
        MapView::of(self.0.get(k::RESOURCES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_heartbeat_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_HEARTBEAT_TIME).and_then(crate::view::time)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NodeConfigSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeConfigSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeConfigSourceView<'a> {
    pub fn config_map(self) -> Option<ConfigMapNodeConfigSourceView<'a>> {
        self.0.get(k::CONFIG_MAP).filter(|v| !v.is_null()).map(ConfigMapNodeConfigSourceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct NodeConfigStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeConfigStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeConfigStatusView<'a> {
    pub fn assigned(self) -> Option<NodeConfigSourceView<'a>> {
        self.0.get(k::ASSIGNED).filter(|v| !v.is_null()).map(NodeConfigSourceView::of)
    }
    pub fn active(self) -> Option<NodeConfigSourceView<'a>> {
        self.0.get(k::ACTIVE).filter(|v| !v.is_null()).map(NodeConfigSourceView::of)
    }
    pub fn last_known_good(self) -> Option<NodeConfigSourceView<'a>> {
        self.0.get(k::LAST_KNOWN_GOOD).filter(|v| !v.is_null()).map(NodeConfigSourceView::of)
    }
    pub fn error(self) -> &'a str {
        self.0.get(k::ERROR).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NodeDaemonEndpointsView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeDaemonEndpointsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeDaemonEndpointsView<'a> {
    pub fn kubelet_endpoint(self) -> DaemonEndpointView<'a> {
        DaemonEndpointView(self.0.get(k::KUBELET_ENDPOINT).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeFeaturesView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeFeaturesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeFeaturesView<'a> {
    pub fn supplemental_groups_policy(self) -> Option<bool> {
        self.0.get(k::SUPPLEMENTAL_GROUPS_POLICY).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct NodeRuntimeHandlerView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeRuntimeHandlerView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeRuntimeHandlerView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn features(self) -> Option<NodeRuntimeHandlerFeaturesView<'a>> {
        self.0.get(k::FEATURES).filter(|v| !v.is_null()).map(NodeRuntimeHandlerFeaturesView::of)
    }
}

#[derive(Clone, Copy)]
pub struct NodeRuntimeHandlerFeaturesView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeRuntimeHandlerFeaturesView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeRuntimeHandlerFeaturesView<'a> {
    pub fn recursive_read_only_mounts(self) -> Option<bool> {
        self.0.get(k::RECURSIVE_READ_ONLY_MOUNTS).and_then(Value::as_bool)
    }
    pub fn user_namespaces(self) -> Option<bool> {
        self.0.get(k::USER_NAMESPACES).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct NodeSelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeSelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeSelectorView<'a> {
    pub fn node_selector_terms(self) -> Views<'a, NodeSelectorTermView<'a>> {
        Views::of(self.0.get(k::NODE_SELECTOR_TERMS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeSelectorRequirementView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeSelectorRequirementView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeSelectorRequirementView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VALUES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeSelectorTermView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeSelectorTermView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeSelectorTermView<'a> {
    pub fn match_expressions(self) -> Views<'a, NodeSelectorRequirementView<'a>> {
        Views::of(self.0.get(k::MATCH_EXPRESSIONS).unwrap_or(&NULL))
    }
    pub fn match_fields(self) -> Views<'a, NodeSelectorRequirementView<'a>> {
        Views::of(self.0.get(k::MATCH_FIELDS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeSpecView<'a> {
    pub fn pod_cidr(self) -> &'a str {
        self.0.get(k::POD_CIDR).map_or("", Value::str_or_empty)
    }
    pub fn pod_cidrs(self) -> Strs<'a> {
        Strs::of(self.0.get(k::POD_CIDRS).unwrap_or(&NULL))
    }
    pub fn provider_id(self) -> &'a str {
        self.0.get(k::PROVIDER_ID).map_or("", Value::str_or_empty)
    }
    pub fn unschedulable(self) -> bool {
        self.0.get(k::UNSCHEDULABLE).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn taints(self) -> Views<'a, TaintView<'a>> {
        Views::of(self.0.get(k::TAINTS).unwrap_or(&NULL))
    }
    pub fn config_source(self) -> Option<NodeConfigSourceView<'a>> {
        self.0.get(k::CONFIG_SOURCE).filter(|v| !v.is_null()).map(NodeConfigSourceView::of)
    }
    pub fn external_id(self) -> &'a str {
        self.0.get(k::EXTERNAL_ID).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NodeStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeStatusView<'a> {
    pub fn capacity(self) -> MapView<'a> {
        MapView::of(self.0.get(k::CAPACITY).unwrap_or(&NULL))
    }
    pub fn allocatable(self) -> MapView<'a> {
        MapView::of(self.0.get(k::ALLOCATABLE).unwrap_or(&NULL))
    }
    pub fn phase(self) -> &'a str {
        self.0.get(k::PHASE).map_or("", Value::str_or_empty)
    }
    pub fn conditions(self) -> Views<'a, NodeConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn addresses(self) -> Views<'a, NodeAddressView<'a>> {
        Views::of(self.0.get(k::ADDRESSES).unwrap_or(&NULL))
    }
    pub fn daemon_endpoints(self) -> NodeDaemonEndpointsView<'a> {
        NodeDaemonEndpointsView(self.0.get(k::DAEMON_ENDPOINTS).unwrap_or(&NULL))
    }
    pub fn node_info(self) -> NodeSystemInfoView<'a> {
        NodeSystemInfoView(self.0.get(k::NODE_INFO).unwrap_or(&NULL))
    }
    pub fn images(self) -> Views<'a, ContainerImageView<'a>> {
        Views::of(self.0.get(k::IMAGES).unwrap_or(&NULL))
    }
    pub fn volumes_in_use(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VOLUMES_IN_USE).unwrap_or(&NULL))
    }
    pub fn volumes_attached(self) -> Views<'a, AttachedVolumeView<'a>> {
        Views::of(self.0.get(k::VOLUMES_ATTACHED).unwrap_or(&NULL))
    }
    pub fn config(self) -> Option<NodeConfigStatusView<'a>> {
        self.0.get(k::CONFIG).filter(|v| !v.is_null()).map(NodeConfigStatusView::of)
    }
    pub fn runtime_handlers(self) -> Views<'a, NodeRuntimeHandlerView<'a>> {
        Views::of(self.0.get(k::RUNTIME_HANDLERS).unwrap_or(&NULL))
    }
    pub fn features(self) -> Option<NodeFeaturesView<'a>> {
        self.0.get(k::FEATURES).filter(|v| !v.is_null()).map(NodeFeaturesView::of)
    }
    pub fn declared_features(self) -> Strs<'a> {
        Strs::of(self.0.get(k::DECLARED_FEATURES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NodeSwapStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeSwapStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeSwapStatusView<'a> {
    pub fn capacity(self) -> Option<i64> {
        self.0.get(k::CAPACITY).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct NodeSystemInfoView<'a>(pub &'a Value);

impl<'a> View<'a> for NodeSystemInfoView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NodeSystemInfoView<'a> {
    pub fn machine_id(self) -> &'a str {
        self.0.get(k::MACHINE_ID).map_or("", Value::str_or_empty)
    }
    pub fn system_uuid(self) -> &'a str {
        self.0.get(k::SYSTEM_UUID).map_or("", Value::str_or_empty)
    }
    pub fn boot_id(self) -> &'a str {
        self.0.get(k::BOOT_ID).map_or("", Value::str_or_empty)
    }
    pub fn kernel_version(self) -> &'a str {
        self.0.get(k::KERNEL_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn os_image(self) -> &'a str {
        self.0.get(k::OS_IMAGE).map_or("", Value::str_or_empty)
    }
    pub fn container_runtime_version(self) -> &'a str {
        self.0.get(k::CONTAINER_RUNTIME_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn kubelet_version(self) -> &'a str {
        self.0.get(k::KUBELET_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn kube_proxy_version(self) -> &'a str {
        self.0.get(k::KUBE_PROXY_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn operating_system(self) -> &'a str {
        self.0.get(k::OPERATING_SYSTEM).map_or("", Value::str_or_empty)
    }
    pub fn architecture(self) -> &'a str {
        self.0.get(k::ARCHITECTURE).map_or("", Value::str_or_empty)
    }
    pub fn swap(self) -> Option<NodeSwapStatusView<'a>> {
        self.0.get(k::SWAP).filter(|v| !v.is_null()).map(NodeSwapStatusView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ObjectFieldSelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for ObjectFieldSelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ObjectFieldSelectorView<'a> {
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn field_path(self) -> &'a str {
        self.0.get(k::FIELD_PATH).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ObjectReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for ObjectReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ObjectReferenceView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn resource_version(self) -> &'a str {
        self.0.get(k::RESOURCE_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn field_path(self) -> &'a str {
        self.0.get(k::FIELD_PATH).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> PersistentVolumeSpecView<'a> {
        PersistentVolumeSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> PersistentVolumeStatusView<'a> {
        PersistentVolumeStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeClaimView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeClaimView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeClaimView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> PersistentVolumeClaimSpecView<'a> {
        PersistentVolumeClaimSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> PersistentVolumeClaimStatusView<'a> {
        PersistentVolumeClaimStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeClaimConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeClaimConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeClaimConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_probe_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_PROBE_TIME).and_then(crate::view::time)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeClaimSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeClaimSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeClaimSpecView<'a> {
    pub fn access_modes(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ACCESS_MODES).unwrap_or(&NULL))
    }
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn resources(self) -> VolumeResourceRequirementsView<'a> {
        VolumeResourceRequirementsView(self.0.get(k::RESOURCES).unwrap_or(&NULL))
    }
    pub fn volume_name(self) -> &'a str {
        self.0.get(k::VOLUME_NAME).map_or("", Value::str_or_empty)
    }
    pub fn storage_class_name(self) -> Option<&'a str> {
        self.0.get(k::STORAGE_CLASS_NAME).and_then(Value::as_str)
    }
    pub fn volume_mode(self) -> Option<&'a str> {
        self.0.get(k::VOLUME_MODE).and_then(Value::as_str)
    }
    pub fn data_source(self) -> Option<TypedLocalObjectReferenceView<'a>> {
        self.0.get(k::DATA_SOURCE).filter(|v| !v.is_null()).map(TypedLocalObjectReferenceView::of)
    }
    pub fn data_source_ref(self) -> Option<TypedObjectReferenceView<'a>> {
        self.0.get(k::DATA_SOURCE_REF).filter(|v| !v.is_null()).map(TypedObjectReferenceView::of)
    }
    pub fn volume_attributes_class_name(self) -> Option<&'a str> {
        self.0.get(k::VOLUME_ATTRIBUTES_CLASS_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeClaimStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeClaimStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeClaimStatusView<'a> {
    pub fn phase(self) -> &'a str {
        self.0.get(k::PHASE).map_or("", Value::str_or_empty)
    }
    pub fn access_modes(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ACCESS_MODES).unwrap_or(&NULL))
    }
    pub fn capacity(self) -> MapView<'a> {
        MapView::of(self.0.get(k::CAPACITY).unwrap_or(&NULL))
    }
    pub fn conditions(self) -> Views<'a, PersistentVolumeClaimConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn allocated_resources(self) -> MapView<'a> {
        MapView::of(self.0.get(k::ALLOCATED_RESOURCES).unwrap_or(&NULL))
    }
    pub fn allocated_resource_statuses(self) -> MapView<'a> {
        MapView::of(self.0.get(k::ALLOCATED_RESOURCE_STATUSES).unwrap_or(&NULL))
    }
    pub fn current_volume_attributes_class_name(self) -> Option<&'a str> {
        self.0.get(k::CURRENT_VOLUME_ATTRIBUTES_CLASS_NAME).and_then(Value::as_str)
    }
    pub fn modify_volume_status(self) -> Option<ModifyVolumeStatusView<'a>> {
        self.0.get(k::MODIFY_VOLUME_STATUS).filter(|v| !v.is_null()).map(ModifyVolumeStatusView::of)
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeClaimTemplateView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeClaimTemplateView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeClaimTemplateView<'a> {
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> PersistentVolumeClaimSpecView<'a> {
        PersistentVolumeClaimSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeClaimVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeClaimVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeClaimVolumeSourceView<'a> {
    pub fn claim_name(self) -> &'a str {
        self.0.get(k::CLAIM_NAME).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeSpecView<'a> {
    pub fn capacity(self) -> MapView<'a> {
        MapView::of(self.0.get(k::CAPACITY).unwrap_or(&NULL))
    }
    pub fn gce_persistent_disk(self) -> Option<GCEPersistentDiskVolumeSourceView<'a>> {
        self.0.get(k::GCE_PERSISTENT_DISK).filter(|v| !v.is_null()).map(GCEPersistentDiskVolumeSourceView::of)
    }
    pub fn aws_elastic_block_store(self) -> Option<AWSElasticBlockStoreVolumeSourceView<'a>> {
        self.0
            .get(k::AWS_ELASTIC_BLOCK_STORE)
            .filter(|v| !v.is_null())
            .map(AWSElasticBlockStoreVolumeSourceView::of)
    }
    pub fn host_path(self) -> Option<HostPathVolumeSourceView<'a>> {
        self.0.get(k::HOST_PATH).filter(|v| !v.is_null()).map(HostPathVolumeSourceView::of)
    }
    pub fn glusterfs(self) -> Option<GlusterfsPersistentVolumeSourceView<'a>> {
        self.0.get(k::GLUSTERFS).filter(|v| !v.is_null()).map(GlusterfsPersistentVolumeSourceView::of)
    }
    pub fn nfs(self) -> Option<NFSVolumeSourceView<'a>> {
        self.0.get(k::NFS).filter(|v| !v.is_null()).map(NFSVolumeSourceView::of)
    }
    pub fn rbd(self) -> Option<RBDPersistentVolumeSourceView<'a>> {
        self.0.get(k::RBD).filter(|v| !v.is_null()).map(RBDPersistentVolumeSourceView::of)
    }
    pub fn iscsi(self) -> Option<ISCSIPersistentVolumeSourceView<'a>> {
        self.0.get(k::ISCSI).filter(|v| !v.is_null()).map(ISCSIPersistentVolumeSourceView::of)
    }
    pub fn cinder(self) -> Option<CinderPersistentVolumeSourceView<'a>> {
        self.0.get(k::CINDER).filter(|v| !v.is_null()).map(CinderPersistentVolumeSourceView::of)
    }
    pub fn cephfs(self) -> Option<CephFSPersistentVolumeSourceView<'a>> {
        self.0.get(k::CEPHFS).filter(|v| !v.is_null()).map(CephFSPersistentVolumeSourceView::of)
    }
    pub fn fc(self) -> Option<FCVolumeSourceView<'a>> {
        self.0.get(k::FC).filter(|v| !v.is_null()).map(FCVolumeSourceView::of)
    }
    pub fn flocker(self) -> Option<FlockerVolumeSourceView<'a>> {
        self.0.get(k::FLOCKER).filter(|v| !v.is_null()).map(FlockerVolumeSourceView::of)
    }
    pub fn flex_volume(self) -> Option<FlexPersistentVolumeSourceView<'a>> {
        self.0.get(k::FLEX_VOLUME).filter(|v| !v.is_null()).map(FlexPersistentVolumeSourceView::of)
    }
    pub fn azure_file(self) -> Option<AzureFilePersistentVolumeSourceView<'a>> {
        self.0.get(k::AZURE_FILE).filter(|v| !v.is_null()).map(AzureFilePersistentVolumeSourceView::of)
    }
    pub fn vsphere_volume(self) -> Option<VsphereVirtualDiskVolumeSourceView<'a>> {
        self.0.get(k::VSPHERE_VOLUME).filter(|v| !v.is_null()).map(VsphereVirtualDiskVolumeSourceView::of)
    }
    pub fn quobyte(self) -> Option<QuobyteVolumeSourceView<'a>> {
        self.0.get(k::QUOBYTE).filter(|v| !v.is_null()).map(QuobyteVolumeSourceView::of)
    }
    pub fn azure_disk(self) -> Option<AzureDiskVolumeSourceView<'a>> {
        self.0.get(k::AZURE_DISK).filter(|v| !v.is_null()).map(AzureDiskVolumeSourceView::of)
    }
    pub fn photon_persistent_disk(self) -> Option<PhotonPersistentDiskVolumeSourceView<'a>> {
        self.0
            .get(k::PHOTON_PERSISTENT_DISK)
            .filter(|v| !v.is_null())
            .map(PhotonPersistentDiskVolumeSourceView::of)
    }
    pub fn portworx_volume(self) -> Option<PortworxVolumeSourceView<'a>> {
        self.0.get(k::PORTWORX_VOLUME).filter(|v| !v.is_null()).map(PortworxVolumeSourceView::of)
    }
    pub fn scale_io(self) -> Option<ScaleIOPersistentVolumeSourceView<'a>> {
        self.0.get(k::SCALE_IO).filter(|v| !v.is_null()).map(ScaleIOPersistentVolumeSourceView::of)
    }
    pub fn local(self) -> Option<LocalVolumeSourceView<'a>> {
        self.0.get(k::LOCAL).filter(|v| !v.is_null()).map(LocalVolumeSourceView::of)
    }
    pub fn storageos(self) -> Option<StorageOSPersistentVolumeSourceView<'a>> {
        self.0.get(k::STORAGEOS).filter(|v| !v.is_null()).map(StorageOSPersistentVolumeSourceView::of)
    }
    pub fn csi(self) -> Option<CSIPersistentVolumeSourceView<'a>> {
        self.0.get(k::CSI).filter(|v| !v.is_null()).map(CSIPersistentVolumeSourceView::of)
    }
    pub fn access_modes(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ACCESS_MODES).unwrap_or(&NULL))
    }
    pub fn claim_ref(self) -> Option<ObjectReferenceView<'a>> {
        self.0.get(k::CLAIM_REF).filter(|v| !v.is_null()).map(ObjectReferenceView::of)
    }
    pub fn persistent_volume_reclaim_policy(self) -> &'a str {
        self.0.get(k::PERSISTENT_VOLUME_RECLAIM_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn storage_class_name(self) -> &'a str {
        self.0.get(k::STORAGE_CLASS_NAME).map_or("", Value::str_or_empty)
    }
    pub fn mount_options(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MOUNT_OPTIONS).unwrap_or(&NULL))
    }
    pub fn volume_mode(self) -> Option<&'a str> {
        self.0.get(k::VOLUME_MODE).and_then(Value::as_str)
    }
    pub fn node_affinity(self) -> Option<VolumeNodeAffinityView<'a>> {
        self.0.get(k::NODE_AFFINITY).filter(|v| !v.is_null()).map(VolumeNodeAffinityView::of)
    }
    pub fn volume_attributes_class_name(self) -> Option<&'a str> {
        self.0.get(k::VOLUME_ATTRIBUTES_CLASS_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PersistentVolumeStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PersistentVolumeStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PersistentVolumeStatusView<'a> {
    pub fn phase(self) -> &'a str {
        self.0.get(k::PHASE).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn last_phase_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_PHASE_TRANSITION_TIME).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct PhotonPersistentDiskVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for PhotonPersistentDiskVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PhotonPersistentDiskVolumeSourceView<'a> {
    pub fn pd_id(self) -> &'a str {
        self.0.get(k::PD_ID).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodView<'a>(pub &'a Value);

impl<'a> View<'a> for PodView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> PodSpecView<'a> {
        PodSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> PodStatusView<'a> {
        PodStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodAffinityView<'a>(pub &'a Value);

impl<'a> View<'a> for PodAffinityView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodAffinityView<'a> {
    pub fn required_during_scheduling_ignored_during_execution(self) -> Views<'a, PodAffinityTermView<'a>> {
        Views::of(self.0.get(k::REQUIRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION).unwrap_or(&NULL))
    }
    pub fn preferred_during_scheduling_ignored_during_execution(
        self,
    ) -> Views<'a, WeightedPodAffinityTermView<'a>> {
        Views::of(self.0.get(k::PREFERRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodAffinityTermView<'a>(pub &'a Value);

impl<'a> View<'a> for PodAffinityTermView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodAffinityTermView<'a> {
    pub fn label_selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::LABEL_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn namespaces(self) -> Strs<'a> {
        Strs::of(self.0.get(k::NAMESPACES).unwrap_or(&NULL))
    }
    pub fn topology_key(self) -> &'a str {
        self.0.get(k::TOPOLOGY_KEY).map_or("", Value::str_or_empty)
    }
    pub fn namespace_selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::NAMESPACE_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn match_label_keys(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MATCH_LABEL_KEYS).unwrap_or(&NULL))
    }
    pub fn mismatch_label_keys(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MISMATCH_LABEL_KEYS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodAntiAffinityView<'a>(pub &'a Value);

impl<'a> View<'a> for PodAntiAffinityView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodAntiAffinityView<'a> {
    pub fn required_during_scheduling_ignored_during_execution(self) -> Views<'a, PodAffinityTermView<'a>> {
        Views::of(self.0.get(k::REQUIRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION).unwrap_or(&NULL))
    }
    pub fn preferred_during_scheduling_ignored_during_execution(
        self,
    ) -> Views<'a, WeightedPodAffinityTermView<'a>> {
        Views::of(self.0.get(k::PREFERRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodCertificateProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for PodCertificateProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodCertificateProjectionView<'a> {
    pub fn signer_name(self) -> &'a str {
        self.0.get(k::SIGNER_NAME).map_or("", Value::str_or_empty)
    }
    pub fn key_type(self) -> &'a str {
        self.0.get(k::KEY_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn max_expiration_seconds(self) -> Option<i64> {
        self.0.get(k::MAX_EXPIRATION_SECONDS).and_then(Value::as_i64)
    }
    pub fn credential_bundle_path(self) -> &'a str {
        self.0.get(k::CREDENTIAL_BUNDLE_PATH).map_or("", Value::str_or_empty)
    }
    pub fn key_path(self) -> &'a str {
        self.0.get(k::KEY_PATH).map_or("", Value::str_or_empty)
    }
    pub fn certificate_chain_path(self) -> &'a str {
        self.0.get(k::CERTIFICATE_CHAIN_PATH).map_or("", Value::str_or_empty)
    }
    pub fn user_annotations(self) -> MapView<'a> {
        MapView::of(self.0.get(k::USER_ANNOTATIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for PodConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_probe_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_PROBE_TIME).and_then(crate::view::time)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodDNSConfigView<'a>(pub &'a Value);

impl<'a> View<'a> for PodDNSConfigView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodDNSConfigView<'a> {
    pub fn nameservers(self) -> Strs<'a> {
        Strs::of(self.0.get(k::NAMESERVERS).unwrap_or(&NULL))
    }
    pub fn searches(self) -> Strs<'a> {
        Strs::of(self.0.get(k::SEARCHES).unwrap_or(&NULL))
    }
    pub fn options(self) -> Views<'a, PodDNSConfigOptionView<'a>> {
        Views::of(self.0.get(k::OPTIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodDNSConfigOptionView<'a>(pub &'a Value);

impl<'a> View<'a> for PodDNSConfigOptionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodDNSConfigOptionView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn value(self) -> Option<&'a str> {
        self.0.get(k::VALUE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PodExtendedResourceClaimStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PodExtendedResourceClaimStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodExtendedResourceClaimStatusView<'a> {
    pub fn request_mappings(self) -> Views<'a, ContainerExtendedResourceRequestView<'a>> {
        Views::of(self.0.get(k::REQUEST_MAPPINGS).unwrap_or(&NULL))
    }
    pub fn resource_claim_name(self) -> &'a str {
        self.0.get(k::RESOURCE_CLAIM_NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodIPView<'a>(pub &'a Value);

impl<'a> View<'a> for PodIPView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodIPView<'a> {
    pub fn ip(self) -> &'a str {
        self.0.get(k::IP).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodOSView<'a>(pub &'a Value);

impl<'a> View<'a> for PodOSView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodOSView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodReadinessGateView<'a>(pub &'a Value);

impl<'a> View<'a> for PodReadinessGateView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodReadinessGateView<'a> {
    pub fn condition_type(self) -> &'a str {
        self.0.get(k::CONDITION_TYPE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodResourceClaimView<'a>(pub &'a Value);

impl<'a> View<'a> for PodResourceClaimView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodResourceClaimView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn resource_claim_name(self) -> Option<&'a str> {
        self.0.get(k::RESOURCE_CLAIM_NAME).and_then(Value::as_str)
    }
    pub fn resource_claim_template_name(self) -> Option<&'a str> {
        self.0.get(k::RESOURCE_CLAIM_TEMPLATE_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PodResourceClaimStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PodResourceClaimStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodResourceClaimStatusView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn resource_claim_name(self) -> Option<&'a str> {
        self.0.get(k::RESOURCE_CLAIM_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PodSchedulingGateView<'a>(pub &'a Value);

impl<'a> View<'a> for PodSchedulingGateView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodSchedulingGateView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PodSchedulingGroupView<'a>(pub &'a Value);

impl<'a> View<'a> for PodSchedulingGroupView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodSchedulingGroupView<'a> {
    pub fn pod_group_name(self) -> Option<&'a str> {
        self.0.get(k::POD_GROUP_NAME).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PodSecurityContextView<'a>(pub &'a Value);

impl<'a> View<'a> for PodSecurityContextView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodSecurityContextView<'a> {
    pub fn se_linux_options(self) -> Option<SELinuxOptionsView<'a>> {
        self.0.get(k::SE_LINUX_OPTIONS).filter(|v| !v.is_null()).map(SELinuxOptionsView::of)
    }
    pub fn windows_options(self) -> Option<WindowsSecurityContextOptionsView<'a>> {
        self.0.get(k::WINDOWS_OPTIONS).filter(|v| !v.is_null()).map(WindowsSecurityContextOptionsView::of)
    }
    pub fn run_as_user(self) -> Option<i64> {
        self.0.get(k::RUN_AS_USER).and_then(Value::as_i64)
    }
    pub fn run_as_group(self) -> Option<i64> {
        self.0.get(k::RUN_AS_GROUP).and_then(Value::as_i64)
    }
    pub fn run_as_non_root(self) -> Option<bool> {
        self.0.get(k::RUN_AS_NON_ROOT).and_then(Value::as_bool)
    }
    pub fn supplemental_groups(self) -> &'a Value {
        self.0.get(k::SUPPLEMENTAL_GROUPS).unwrap_or(&NULL)
    }
    pub fn supplemental_groups_policy(self) -> Option<&'a str> {
        self.0.get(k::SUPPLEMENTAL_GROUPS_POLICY).and_then(Value::as_str)
    }
    pub fn fs_group(self) -> Option<i64> {
        self.0.get(k::FS_GROUP).and_then(Value::as_i64)
    }
    pub fn sysctls(self) -> Views<'a, SysctlView<'a>> {
        Views::of(self.0.get(k::SYSCTLS).unwrap_or(&NULL))
    }
    pub fn fs_group_change_policy(self) -> Option<&'a str> {
        self.0.get(k::FS_GROUP_CHANGE_POLICY).and_then(Value::as_str)
    }
    pub fn seccomp_profile(self) -> Option<SeccompProfileView<'a>> {
        self.0.get(k::SECCOMP_PROFILE).filter(|v| !v.is_null()).map(SeccompProfileView::of)
    }
    pub fn app_armor_profile(self) -> Option<AppArmorProfileView<'a>> {
        self.0.get(k::APP_ARMOR_PROFILE).filter(|v| !v.is_null()).map(AppArmorProfileView::of)
    }
    pub fn se_linux_change_policy(self) -> Option<&'a str> {
        self.0.get(k::SE_LINUX_CHANGE_POLICY).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PodSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for PodSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodSpecView<'a> {
    pub fn volumes(self) -> Views<'a, VolumeView<'a>> {
        Views::of(self.0.get(k::VOLUMES).unwrap_or(&NULL))
    }
    pub fn init_containers(self) -> Views<'a, ContainerView<'a>> {
        Views::of(self.0.get(k::INIT_CONTAINERS).unwrap_or(&NULL))
    }
    pub fn containers(self) -> Views<'a, ContainerView<'a>> {
        Views::of(self.0.get(k::CONTAINERS).unwrap_or(&NULL))
    }
    pub fn ephemeral_containers(self) -> Views<'a, EphemeralContainerView<'a>> {
        Views::of(self.0.get(k::EPHEMERAL_CONTAINERS).unwrap_or(&NULL))
    }
    pub fn restart_policy(self) -> &'a str {
        self.0.get(k::RESTART_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn termination_grace_period_seconds(self) -> Option<i64> {
        self.0.get(k::TERMINATION_GRACE_PERIOD_SECONDS).and_then(Value::as_i64)
    }
    pub fn active_deadline_seconds(self) -> Option<i64> {
        self.0.get(k::ACTIVE_DEADLINE_SECONDS).and_then(Value::as_i64)
    }
    pub fn dns_policy(self) -> &'a str {
        self.0.get(k::DNS_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn node_selector(self) -> MapView<'a> {
        MapView::of(self.0.get(k::NODE_SELECTOR).unwrap_or(&NULL))
    }
    pub fn service_account_name(self) -> &'a str {
        self.0.get(k::SERVICE_ACCOUNT_NAME).map_or("", Value::str_or_empty)
    }
    pub fn service_account(self) -> &'a str {
        self.0.get(k::SERVICE_ACCOUNT).map_or("", Value::str_or_empty)
    }
    pub fn automount_service_account_token(self) -> Option<bool> {
        self.0.get(k::AUTOMOUNT_SERVICE_ACCOUNT_TOKEN).and_then(Value::as_bool)
    }
    pub fn node_name(self) -> &'a str {
        self.0.get(k::NODE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn host_network(self) -> bool {
        self.0.get(k::HOST_NETWORK).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn host_pid(self) -> bool {
        self.0.get(k::HOST_PID).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn host_ipc(self) -> bool {
        self.0.get(k::HOST_IPC).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn share_process_namespace(self) -> Option<bool> {
        self.0.get(k::SHARE_PROCESS_NAMESPACE).and_then(Value::as_bool)
    }
    pub fn security_context(self) -> Option<PodSecurityContextView<'a>> {
        self.0.get(k::SECURITY_CONTEXT).filter(|v| !v.is_null()).map(PodSecurityContextView::of)
    }
    pub fn image_pull_secrets(self) -> Views<'a, LocalObjectReferenceView<'a>> {
        Views::of(self.0.get(k::IMAGE_PULL_SECRETS).unwrap_or(&NULL))
    }
    pub fn hostname(self) -> &'a str {
        self.0.get(k::HOSTNAME).map_or("", Value::str_or_empty)
    }
    pub fn subdomain(self) -> &'a str {
        self.0.get(k::SUBDOMAIN).map_or("", Value::str_or_empty)
    }
    pub fn affinity(self) -> Option<AffinityView<'a>> {
        self.0.get(k::AFFINITY).filter(|v| !v.is_null()).map(AffinityView::of)
    }
    pub fn scheduler_name(self) -> &'a str {
        self.0.get(k::SCHEDULER_NAME).map_or("", Value::str_or_empty)
    }
    pub fn tolerations(self) -> Views<'a, TolerationView<'a>> {
        Views::of(self.0.get(k::TOLERATIONS).unwrap_or(&NULL))
    }
    pub fn host_aliases(self) -> Views<'a, HostAliasView<'a>> {
        Views::of(self.0.get(k::HOST_ALIASES).unwrap_or(&NULL))
    }
    pub fn priority_class_name(self) -> &'a str {
        self.0.get(k::PRIORITY_CLASS_NAME).map_or("", Value::str_or_empty)
    }
    pub fn priority(self) -> Option<i64> {
        self.0.get(k::PRIORITY).and_then(Value::as_i64)
    }
    pub fn dns_config(self) -> Option<PodDNSConfigView<'a>> {
        self.0.get(k::DNS_CONFIG).filter(|v| !v.is_null()).map(PodDNSConfigView::of)
    }
    pub fn readiness_gates(self) -> Views<'a, PodReadinessGateView<'a>> {
        Views::of(self.0.get(k::READINESS_GATES).unwrap_or(&NULL))
    }
    pub fn runtime_class_name(self) -> Option<&'a str> {
        self.0.get(k::RUNTIME_CLASS_NAME).and_then(Value::as_str)
    }
    pub fn enable_service_links(self) -> Option<bool> {
        self.0.get(k::ENABLE_SERVICE_LINKS).and_then(Value::as_bool)
    }
    pub fn preemption_policy(self) -> Option<&'a str> {
        self.0.get(k::PREEMPTION_POLICY).and_then(Value::as_str)
    }
    pub fn overhead(self) -> MapView<'a> {
        MapView::of(self.0.get(k::OVERHEAD).unwrap_or(&NULL))
    }
    pub fn topology_spread_constraints(self) -> Views<'a, TopologySpreadConstraintView<'a>> {
        Views::of(self.0.get(k::TOPOLOGY_SPREAD_CONSTRAINTS).unwrap_or(&NULL))
    }
    pub fn set_hostname_as_fqdn(self) -> Option<bool> {
        self.0.get(k::SET_HOSTNAME_AS_FQDN).and_then(Value::as_bool)
    }
    pub fn os(self) -> Option<PodOSView<'a>> {
        self.0.get(k::OS).filter(|v| !v.is_null()).map(PodOSView::of)
    }
    pub fn host_users(self) -> Option<bool> {
        self.0.get(k::HOST_USERS).and_then(Value::as_bool)
    }
    pub fn scheduling_gates(self) -> Views<'a, PodSchedulingGateView<'a>> {
        Views::of(self.0.get(k::SCHEDULING_GATES).unwrap_or(&NULL))
    }
    pub fn resource_claims(self) -> Views<'a, PodResourceClaimView<'a>> {
        Views::of(self.0.get(k::RESOURCE_CLAIMS).unwrap_or(&NULL))
    }
    pub fn resources(self) -> Option<ResourceRequirementsView<'a>> {
        self.0.get(k::RESOURCES).filter(|v| !v.is_null()).map(ResourceRequirementsView::of)
    }
    pub fn hostname_override(self) -> Option<&'a str> {
        self.0.get(k::HOSTNAME_OVERRIDE).and_then(Value::as_str)
    }
    pub fn scheduling_group(self) -> Option<PodSchedulingGroupView<'a>> {
        self.0.get(k::SCHEDULING_GROUP).filter(|v| !v.is_null()).map(PodSchedulingGroupView::of)
    }
}

#[derive(Clone, Copy)]
pub struct PodStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PodStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodStatusView<'a> {
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn phase(self) -> &'a str {
        self.0.get(k::PHASE).map_or("", Value::str_or_empty)
    }
    pub fn conditions(self) -> Views<'a, PodConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn nominated_node_name(self) -> &'a str {
        self.0.get(k::NOMINATED_NODE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn host_ip(self) -> &'a str {
        self.0.get(k::HOST_IP).map_or("", Value::str_or_empty)
    }
    pub fn host_ips(self) -> Views<'a, HostIPView<'a>> {
        Views::of(self.0.get(k::HOST_IPS).unwrap_or(&NULL))
    }
    pub fn pod_ip(self) -> &'a str {
        self.0.get(k::POD_IP).map_or("", Value::str_or_empty)
    }
    pub fn pod_ips(self) -> Views<'a, PodIPView<'a>> {
        Views::of(self.0.get(k::POD_IPS).unwrap_or(&NULL))
    }
    pub fn start_time(self) -> Option<Timestamp> {
        self.0.get(k::START_TIME).and_then(crate::view::time)
    }
    pub fn init_container_statuses(self) -> Views<'a, ContainerStatusView<'a>> {
        Views::of(self.0.get(k::INIT_CONTAINER_STATUSES).unwrap_or(&NULL))
    }
    pub fn container_statuses(self) -> Views<'a, ContainerStatusView<'a>> {
        Views::of(self.0.get(k::CONTAINER_STATUSES).unwrap_or(&NULL))
    }
    pub fn qos_class(self) -> &'a str {
        self.0.get(k::QOS_CLASS).map_or("", Value::str_or_empty)
    }
    pub fn ephemeral_container_statuses(self) -> Views<'a, ContainerStatusView<'a>> {
        Views::of(self.0.get(k::EPHEMERAL_CONTAINER_STATUSES).unwrap_or(&NULL))
    }
    pub fn resize(self) -> &'a str {
        self.0.get(k::RESIZE).map_or("", Value::str_or_empty)
    }
    pub fn resource_claim_statuses(self) -> Views<'a, PodResourceClaimStatusView<'a>> {
        Views::of(self.0.get(k::RESOURCE_CLAIM_STATUSES).unwrap_or(&NULL))
    }
    pub fn extended_resource_claim_status(self) -> Option<PodExtendedResourceClaimStatusView<'a>> {
        self.0
            .get(k::EXTENDED_RESOURCE_CLAIM_STATUS)
            .filter(|v| !v.is_null())
            .map(PodExtendedResourceClaimStatusView::of)
    }
    pub fn allocated_resources(self) -> MapView<'a> {
        MapView::of(self.0.get(k::ALLOCATED_RESOURCES).unwrap_or(&NULL))
    }
    pub fn resources(self) -> Option<ResourceRequirementsView<'a>> {
        self.0.get(k::RESOURCES).filter(|v| !v.is_null()).map(ResourceRequirementsView::of)
    }
    pub fn node_allocatable_resource_claim_statuses(
        self,
    ) -> Views<'a, NodeAllocatableResourceClaimStatusView<'a>> {
        Views::of(self.0.get(k::NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUSES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodTemplateSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for PodTemplateSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodTemplateSpecView<'a> {
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> PodSpecView<'a> {
        PodSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PortStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PortStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PortStatusView<'a> {
    pub fn port(self) -> i64 {
        self.0.get(k::PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn protocol(self) -> &'a str {
        self.0.get(k::PROTOCOL).map_or("", Value::str_or_empty)
    }
    pub fn error(self) -> Option<&'a str> {
        self.0.get(k::ERROR).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PortworxVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for PortworxVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PortworxVolumeSourceView<'a> {
    pub fn volume_id(self) -> &'a str {
        self.0.get(k::VOLUME_ID).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct PreferredSchedulingTermView<'a>(pub &'a Value);

impl<'a> View<'a> for PreferredSchedulingTermView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PreferredSchedulingTermView<'a> {
    pub fn weight(self) -> i64 {
        self.0.get(k::WEIGHT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn preference(self) -> NodeSelectorTermView<'a> {
        NodeSelectorTermView(self.0.get(k::PREFERENCE).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ProbeView<'a>(pub &'a Value);

impl<'a> View<'a> for ProbeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ProbeView<'a> {
    pub fn exec(self) -> Option<ExecActionView<'a>> {
        self.0.get(k::EXEC).filter(|v| !v.is_null()).map(ExecActionView::of)
    }
    pub fn http_get(self) -> Option<HTTPGetActionView<'a>> {
        self.0.get(k::HTTP_GET).filter(|v| !v.is_null()).map(HTTPGetActionView::of)
    }
    pub fn tcp_socket(self) -> Option<TCPSocketActionView<'a>> {
        self.0.get(k::TCP_SOCKET).filter(|v| !v.is_null()).map(TCPSocketActionView::of)
    }
    pub fn grpc(self) -> Option<GRPCActionView<'a>> {
        self.0.get(k::GRPC).filter(|v| !v.is_null()).map(GRPCActionView::of)
    }
    pub fn initial_delay_seconds(self) -> i64 {
        self.0.get(k::INITIAL_DELAY_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn timeout_seconds(self) -> i64 {
        self.0.get(k::TIMEOUT_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn period_seconds(self) -> i64 {
        self.0.get(k::PERIOD_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn success_threshold(self) -> i64 {
        self.0.get(k::SUCCESS_THRESHOLD).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn failure_threshold(self) -> i64 {
        self.0.get(k::FAILURE_THRESHOLD).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn termination_grace_period_seconds(self) -> Option<i64> {
        self.0.get(k::TERMINATION_GRACE_PERIOD_SECONDS).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct ProjectedVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ProjectedVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ProjectedVolumeSourceView<'a> {
    pub fn sources(self) -> Views<'a, VolumeProjectionView<'a>> {
        Views::of(self.0.get(k::SOURCES).unwrap_or(&NULL))
    }
    pub fn default_mode(self) -> Option<i64> {
        self.0.get(k::DEFAULT_MODE).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct QuobyteVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for QuobyteVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> QuobyteVolumeSourceView<'a> {
    pub fn registry(self) -> &'a str {
        self.0.get(k::REGISTRY).map_or("", Value::str_or_empty)
    }
    pub fn volume(self) -> &'a str {
        self.0.get(k::VOLUME).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn group(self) -> &'a str {
        self.0.get(k::GROUP).map_or("", Value::str_or_empty)
    }
    pub fn tenant(self) -> &'a str {
        self.0.get(k::TENANT).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct RBDPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for RBDPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RBDPersistentVolumeSourceView<'a> {
    pub fn monitors(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MONITORS).unwrap_or(&NULL))
    }
    pub fn image(self) -> &'a str {
        self.0.get(k::IMAGE).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn pool(self) -> &'a str {
        self.0.get(k::POOL).map_or("", Value::str_or_empty)
    }
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn keyring(self) -> &'a str {
        self.0.get(k::KEYRING).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct RBDVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for RBDVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RBDVolumeSourceView<'a> {
    pub fn monitors(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MONITORS).unwrap_or(&NULL))
    }
    pub fn image(self) -> &'a str {
        self.0.get(k::IMAGE).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn pool(self) -> &'a str {
        self.0.get(k::POOL).map_or("", Value::str_or_empty)
    }
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn keyring(self) -> &'a str {
        self.0.get(k::KEYRING).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct ReplicationControllerView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicationControllerView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicationControllerView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> ReplicationControllerSpecView<'a> {
        ReplicationControllerSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> ReplicationControllerStatusView<'a> {
        ReplicationControllerStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ReplicationControllerConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicationControllerConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicationControllerConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ReplicationControllerSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicationControllerSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicationControllerSpecView<'a> {
    pub fn replicas(self) -> Option<i64> {
        self.0.get(k::REPLICAS).and_then(Value::as_i64)
    }
    pub fn min_ready_seconds(self) -> i64 {
        self.0.get(k::MIN_READY_SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn selector(self) -> MapView<'a> {
        MapView::of(self.0.get(k::SELECTOR).unwrap_or(&NULL))
    }
    pub fn template(self) -> Option<PodTemplateSpecView<'a>> {
        self.0.get(k::TEMPLATE).filter(|v| !v.is_null()).map(PodTemplateSpecView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ReplicationControllerStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ReplicationControllerStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ReplicationControllerStatusView<'a> {
    pub fn replicas(self) -> i64 {
        self.0.get(k::REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn fully_labeled_replicas(self) -> i64 {
        self.0.get(k::FULLY_LABELED_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn ready_replicas(self) -> i64 {
        self.0.get(k::READY_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn available_replicas(self) -> i64 {
        self.0.get(k::AVAILABLE_REPLICAS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn conditions(self) -> Views<'a, ReplicationControllerConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ResourceClaimView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceClaimView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceClaimView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn request(self) -> &'a str {
        self.0.get(k::REQUEST).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ResourceFieldSelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceFieldSelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceFieldSelectorView<'a> {
    pub fn container_name(self) -> &'a str {
        self.0.get(k::CONTAINER_NAME).map_or("", Value::str_or_empty)
    }
    pub fn resource(self) -> &'a str {
        self.0.get(k::RESOURCE).map_or("", Value::str_or_empty)
    }
    pub fn divisor(self) -> Option<Quantity> {
        self.0.get(k::DIVISOR).and_then(crate::view::quantity)
    }
}

#[derive(Clone, Copy)]
pub struct ResourceHealthView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceHealthView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceHealthView<'a> {
    pub fn resource_id(self) -> &'a str {
        self.0.get(k::RESOURCE_ID).map_or("", Value::str_or_empty)
    }
    pub fn health(self) -> &'a str {
        self.0.get(k::HEALTH).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> Option<&'a str> {
        self.0.get(k::MESSAGE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ResourceQuotaView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceQuotaView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceQuotaView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> ResourceQuotaSpecView<'a> {
        ResourceQuotaSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> ResourceQuotaStatusView<'a> {
        ResourceQuotaStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ResourceQuotaSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceQuotaSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceQuotaSpecView<'a> {
    pub fn hard(self) -> MapView<'a> {
        MapView::of(self.0.get(k::HARD).unwrap_or(&NULL))
    }
    pub fn scopes(self) -> Strs<'a> {
        Strs::of(self.0.get(k::SCOPES).unwrap_or(&NULL))
    }
    pub fn scope_selector(self) -> Option<ScopeSelectorView<'a>> {
        self.0.get(k::SCOPE_SELECTOR).filter(|v| !v.is_null()).map(ScopeSelectorView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ResourceQuotaStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceQuotaStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceQuotaStatusView<'a> {
    pub fn hard(self) -> MapView<'a> {
        MapView::of(self.0.get(k::HARD).unwrap_or(&NULL))
    }
    pub fn used(self) -> MapView<'a> {
        MapView::of(self.0.get(k::USED).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ResourceRequirementsView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceRequirementsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceRequirementsView<'a> {
    pub fn limits(self) -> MapView<'a> {
        MapView::of(self.0.get(k::LIMITS).unwrap_or(&NULL))
    }
    pub fn requests(self) -> MapView<'a> {
        MapView::of(self.0.get(k::REQUESTS).unwrap_or(&NULL))
    }
    pub fn claims(self) -> Views<'a, ResourceClaimView<'a>> {
        Views::of(self.0.get(k::CLAIMS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ResourceStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ResourceStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ResourceStatusView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn resources(self) -> Views<'a, ResourceHealthView<'a>> {
        Views::of(self.0.get(k::RESOURCES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SELinuxOptionsView<'a>(pub &'a Value);

impl<'a> View<'a> for SELinuxOptionsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SELinuxOptionsView<'a> {
    pub fn user(self) -> &'a str {
        self.0.get(k::USER).map_or("", Value::str_or_empty)
    }
    pub fn role(self) -> &'a str {
        self.0.get(k::ROLE).map_or("", Value::str_or_empty)
    }
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn level(self) -> &'a str {
        self.0.get(k::LEVEL).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ScaleIOPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ScaleIOPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScaleIOPersistentVolumeSourceView<'a> {
    pub fn gateway(self) -> &'a str {
        self.0.get(k::GATEWAY).map_or("", Value::str_or_empty)
    }
    pub fn system(self) -> &'a str {
        self.0.get(k::SYSTEM).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<SecretReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(SecretReferenceView::of)
    }
    pub fn ssl_enabled(self) -> bool {
        self.0.get(k::SSL_ENABLED).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn protection_domain(self) -> &'a str {
        self.0.get(k::PROTECTION_DOMAIN).map_or("", Value::str_or_empty)
    }
    pub fn storage_pool(self) -> &'a str {
        self.0.get(k::STORAGE_POOL).map_or("", Value::str_or_empty)
    }
    pub fn storage_mode(self) -> &'a str {
        self.0.get(k::STORAGE_MODE).map_or("", Value::str_or_empty)
    }
    pub fn volume_name(self) -> &'a str {
        self.0.get(k::VOLUME_NAME).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct ScaleIOVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for ScaleIOVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScaleIOVolumeSourceView<'a> {
    pub fn gateway(self) -> &'a str {
        self.0.get(k::GATEWAY).map_or("", Value::str_or_empty)
    }
    pub fn system(self) -> &'a str {
        self.0.get(k::SYSTEM).map_or("", Value::str_or_empty)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
    pub fn ssl_enabled(self) -> bool {
        self.0.get(k::SSL_ENABLED).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn protection_domain(self) -> &'a str {
        self.0.get(k::PROTECTION_DOMAIN).map_or("", Value::str_or_empty)
    }
    pub fn storage_pool(self) -> &'a str {
        self.0.get(k::STORAGE_POOL).map_or("", Value::str_or_empty)
    }
    pub fn storage_mode(self) -> &'a str {
        self.0.get(k::STORAGE_MODE).map_or("", Value::str_or_empty)
    }
    pub fn volume_name(self) -> &'a str {
        self.0.get(k::VOLUME_NAME).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Copy)]
pub struct ScopeSelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for ScopeSelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScopeSelectorView<'a> {
    pub fn match_expressions(self) -> Views<'a, ScopedResourceSelectorRequirementView<'a>> {
        Views::of(self.0.get(k::MATCH_EXPRESSIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ScopedResourceSelectorRequirementView<'a>(pub &'a Value);

impl<'a> View<'a> for ScopedResourceSelectorRequirementView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ScopedResourceSelectorRequirementView<'a> {
    pub fn scope_name(self) -> &'a str {
        self.0.get(k::SCOPE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VALUES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SeccompProfileView<'a>(pub &'a Value);

impl<'a> View<'a> for SeccompProfileView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SeccompProfileView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn localhost_profile(self) -> Option<&'a str> {
        self.0.get(k::LOCALHOST_PROFILE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct SecretView<'a>(pub &'a Value);

impl<'a> View<'a> for SecretView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecretView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn immutable(self) -> Option<bool> {
        self.0.get(k::IMMUTABLE).and_then(Value::as_bool)
    }
    pub fn data(self) -> MapView<'a> {
        MapView::of(self.0.get(k::DATA).unwrap_or(&NULL))
    }
    pub fn string_data(self) -> MapView<'a> {
        MapView::of(self.0.get(k::STRING_DATA).unwrap_or(&NULL))
    }
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct SecretEnvSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for SecretEnvSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecretEnvSourceView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct SecretKeySelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for SecretKeySelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecretKeySelectorView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct SecretProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for SecretProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecretProjectionView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn items(self) -> Views<'a, KeyToPathView<'a>> {
        Views::of(self.0.get(k::ITEMS).unwrap_or(&NULL))
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct SecretReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for SecretReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecretReferenceView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct SecretVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for SecretVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecretVolumeSourceView<'a> {
    pub fn secret_name(self) -> &'a str {
        self.0.get(k::SECRET_NAME).map_or("", Value::str_or_empty)
    }
    pub fn items(self) -> Views<'a, KeyToPathView<'a>> {
        Views::of(self.0.get(k::ITEMS).unwrap_or(&NULL))
    }
    pub fn default_mode(self) -> Option<i64> {
        self.0.get(k::DEFAULT_MODE).and_then(Value::as_i64)
    }
    pub fn optional(self) -> Option<bool> {
        self.0.get(k::OPTIONAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct SecurityContextView<'a>(pub &'a Value);

impl<'a> View<'a> for SecurityContextView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SecurityContextView<'a> {
    pub fn capabilities(self) -> Option<CapabilitiesView<'a>> {
        self.0.get(k::CAPABILITIES).filter(|v| !v.is_null()).map(CapabilitiesView::of)
    }
    pub fn privileged(self) -> Option<bool> {
        self.0.get(k::PRIVILEGED).and_then(Value::as_bool)
    }
    pub fn se_linux_options(self) -> Option<SELinuxOptionsView<'a>> {
        self.0.get(k::SE_LINUX_OPTIONS).filter(|v| !v.is_null()).map(SELinuxOptionsView::of)
    }
    pub fn windows_options(self) -> Option<WindowsSecurityContextOptionsView<'a>> {
        self.0.get(k::WINDOWS_OPTIONS).filter(|v| !v.is_null()).map(WindowsSecurityContextOptionsView::of)
    }
    pub fn run_as_user(self) -> Option<i64> {
        self.0.get(k::RUN_AS_USER).and_then(Value::as_i64)
    }
    pub fn run_as_group(self) -> Option<i64> {
        self.0.get(k::RUN_AS_GROUP).and_then(Value::as_i64)
    }
    pub fn run_as_non_root(self) -> Option<bool> {
        self.0.get(k::RUN_AS_NON_ROOT).and_then(Value::as_bool)
    }
    pub fn read_only_root_filesystem(self) -> Option<bool> {
        self.0.get(k::READ_ONLY_ROOT_FILESYSTEM).and_then(Value::as_bool)
    }
    pub fn allow_privilege_escalation(self) -> Option<bool> {
        self.0.get(k::ALLOW_PRIVILEGE_ESCALATION).and_then(Value::as_bool)
    }
    pub fn proc_mount(self) -> Option<&'a str> {
        self.0.get(k::PROC_MOUNT).and_then(Value::as_str)
    }
    pub fn seccomp_profile(self) -> Option<SeccompProfileView<'a>> {
        self.0.get(k::SECCOMP_PROFILE).filter(|v| !v.is_null()).map(SeccompProfileView::of)
    }
    pub fn app_armor_profile(self) -> Option<AppArmorProfileView<'a>> {
        self.0.get(k::APP_ARMOR_PROFILE).filter(|v| !v.is_null()).map(AppArmorProfileView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ServiceView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> ServiceSpecView<'a> {
        ServiceSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> ServiceStatusView<'a> {
        ServiceStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ServiceAccountView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceAccountView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceAccountView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn secrets(self) -> Views<'a, ObjectReferenceView<'a>> {
        Views::of(self.0.get(k::SECRETS).unwrap_or(&NULL))
    }
    pub fn image_pull_secrets(self) -> Views<'a, LocalObjectReferenceView<'a>> {
        Views::of(self.0.get(k::IMAGE_PULL_SECRETS).unwrap_or(&NULL))
    }
    pub fn automount_service_account_token(self) -> Option<bool> {
        self.0.get(k::AUTOMOUNT_SERVICE_ACCOUNT_TOKEN).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct ServiceAccountTokenProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceAccountTokenProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceAccountTokenProjectionView<'a> {
    pub fn audience(self) -> &'a str {
        self.0.get(k::AUDIENCE).map_or("", Value::str_or_empty)
    }
    pub fn expiration_seconds(self) -> Option<i64> {
        self.0.get(k::EXPIRATION_SECONDS).and_then(Value::as_i64)
    }
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ServicePortView<'a>(pub &'a Value);

impl<'a> View<'a> for ServicePortView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServicePortView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn protocol(self) -> &'a str {
        self.0.get(k::PROTOCOL).map_or("", Value::str_or_empty)
    }
    pub fn app_protocol(self) -> Option<&'a str> {
        self.0.get(k::APP_PROTOCOL).and_then(Value::as_str)
    }
    pub fn port(self) -> i64 {
        self.0.get(k::PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn target_port(self) -> &'a Value {
        self.0.get(k::TARGET_PORT).unwrap_or(&NULL)
    }
    pub fn node_port(self) -> i64 {
        self.0.get(k::NODE_PORT).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct ServiceSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceSpecView<'a> {
    pub fn ports(self) -> Views<'a, ServicePortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
    pub fn selector(self) -> MapView<'a> {
        MapView::of(self.0.get(k::SELECTOR).unwrap_or(&NULL))
    }
    pub fn cluster_ip(self) -> &'a str {
        self.0.get(k::CLUSTER_IP).map_or("", Value::str_or_empty)
    }
    pub fn cluster_ips(self) -> Strs<'a> {
        Strs::of(self.0.get(k::CLUSTER_IPS).unwrap_or(&NULL))
    }
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn external_ips(self) -> Strs<'a> {
        Strs::of(self.0.get(k::EXTERNAL_IPS).unwrap_or(&NULL))
    }
    pub fn session_affinity(self) -> &'a str {
        self.0.get(k::SESSION_AFFINITY).map_or("", Value::str_or_empty)
    }
    pub fn load_balancer_ip(self) -> &'a str {
        self.0.get(k::LOAD_BALANCER_IP).map_or("", Value::str_or_empty)
    }
    pub fn load_balancer_source_ranges(self) -> Strs<'a> {
        Strs::of(self.0.get(k::LOAD_BALANCER_SOURCE_RANGES).unwrap_or(&NULL))
    }
    pub fn external_name(self) -> &'a str {
        self.0.get(k::EXTERNAL_NAME).map_or("", Value::str_or_empty)
    }
    pub fn external_traffic_policy(self) -> &'a str {
        self.0.get(k::EXTERNAL_TRAFFIC_POLICY).map_or("", Value::str_or_empty)
    }
    pub fn health_check_node_port(self) -> i64 {
        self.0.get(k::HEALTH_CHECK_NODE_PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn publish_not_ready_addresses(self) -> bool {
        self.0.get(k::PUBLISH_NOT_READY_ADDRESSES).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn session_affinity_config(self) -> Option<SessionAffinityConfigView<'a>> {
        self.0.get(k::SESSION_AFFINITY_CONFIG).filter(|v| !v.is_null()).map(SessionAffinityConfigView::of)
    }
    pub fn ip_families(self) -> Strs<'a> {
        Strs::of(self.0.get(k::IP_FAMILIES).unwrap_or(&NULL))
    }
    pub fn ip_family_policy(self) -> Option<&'a str> {
        self.0.get(k::IP_FAMILY_POLICY).and_then(Value::as_str)
    }
    pub fn allocate_load_balancer_node_ports(self) -> Option<bool> {
        self.0.get(k::ALLOCATE_LOAD_BALANCER_NODE_PORTS).and_then(Value::as_bool)
    }
    pub fn load_balancer_class(self) -> Option<&'a str> {
        self.0.get(k::LOAD_BALANCER_CLASS).and_then(Value::as_str)
    }
    pub fn internal_traffic_policy(self) -> Option<&'a str> {
        self.0.get(k::INTERNAL_TRAFFIC_POLICY).and_then(Value::as_str)
    }
    pub fn traffic_distribution(self) -> Option<&'a str> {
        self.0.get(k::TRAFFIC_DISTRIBUTION).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct ServiceStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceStatusView<'a> {
    pub fn load_balancer(self) -> LoadBalancerStatusView<'a> {
        LoadBalancerStatusView(self.0.get(k::LOAD_BALANCER).unwrap_or(&NULL))
    }
    pub fn conditions(self) -> Views<'a, ConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct SessionAffinityConfigView<'a>(pub &'a Value);

impl<'a> View<'a> for SessionAffinityConfigView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SessionAffinityConfigView<'a> {
    pub fn client_ip(self) -> Option<ClientIPConfigView<'a>> {
        self.0.get(k::CLIENT_IP).filter(|v| !v.is_null()).map(ClientIPConfigView::of)
    }
}

#[derive(Clone, Copy)]
pub struct SleepActionView<'a>(pub &'a Value);

impl<'a> View<'a> for SleepActionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SleepActionView<'a> {
    pub fn seconds(self) -> i64 {
        self.0.get(k::SECONDS).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct StorageOSPersistentVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for StorageOSPersistentVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StorageOSPersistentVolumeSourceView<'a> {
    pub fn volume_name(self) -> &'a str {
        self.0.get(k::VOLUME_NAME).map_or("", Value::str_or_empty)
    }
    pub fn volume_namespace(self) -> &'a str {
        self.0.get(k::VOLUME_NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_ref(self) -> Option<ObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(ObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct StorageOSVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for StorageOSVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StorageOSVolumeSourceView<'a> {
    pub fn volume_name(self) -> &'a str {
        self.0.get(k::VOLUME_NAME).map_or("", Value::str_or_empty)
    }
    pub fn volume_namespace(self) -> &'a str {
        self.0.get(k::VOLUME_NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn secret_ref(self) -> Option<LocalObjectReferenceView<'a>> {
        self.0.get(k::SECRET_REF).filter(|v| !v.is_null()).map(LocalObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct SysctlView<'a>(pub &'a Value);

impl<'a> View<'a> for SysctlView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SysctlView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn value(self) -> &'a str {
        self.0.get(k::VALUE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct TCPSocketActionView<'a>(pub &'a Value);

impl<'a> View<'a> for TCPSocketActionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TCPSocketActionView<'a> {
    pub fn port(self) -> &'a Value {
        self.0.get(k::PORT).unwrap_or(&NULL)
    }
    pub fn host(self) -> &'a str {
        self.0.get(k::HOST).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct TaintView<'a>(pub &'a Value);

impl<'a> View<'a> for TaintView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TaintView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn value(self) -> &'a str {
        self.0.get(k::VALUE).map_or("", Value::str_or_empty)
    }
    pub fn effect(self) -> &'a str {
        self.0.get(k::EFFECT).map_or("", Value::str_or_empty)
    }
    pub fn time_added(self) -> Option<Timestamp> {
        self.0.get(k::TIME_ADDED).and_then(crate::view::time)
    }
}

#[derive(Clone, Copy)]
pub struct TolerationView<'a>(pub &'a Value);

impl<'a> View<'a> for TolerationView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TolerationView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn value(self) -> &'a str {
        self.0.get(k::VALUE).map_or("", Value::str_or_empty)
    }
    pub fn effect(self) -> &'a str {
        self.0.get(k::EFFECT).map_or("", Value::str_or_empty)
    }
    pub fn toleration_seconds(self) -> Option<i64> {
        self.0.get(k::TOLERATION_SECONDS).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct TopologySelectorLabelRequirementView<'a>(pub &'a Value);

impl<'a> View<'a> for TopologySelectorLabelRequirementView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TopologySelectorLabelRequirementView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VALUES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct TopologySelectorTermView<'a>(pub &'a Value);

impl<'a> View<'a> for TopologySelectorTermView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TopologySelectorTermView<'a> {
    pub fn match_label_expressions(self) -> Views<'a, TopologySelectorLabelRequirementView<'a>> {
        Views::of(self.0.get(k::MATCH_LABEL_EXPRESSIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct TopologySpreadConstraintView<'a>(pub &'a Value);

impl<'a> View<'a> for TopologySpreadConstraintView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TopologySpreadConstraintView<'a> {
    pub fn max_skew(self) -> i64 {
        self.0.get(k::MAX_SKEW).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn topology_key(self) -> &'a str {
        self.0.get(k::TOPOLOGY_KEY).map_or("", Value::str_or_empty)
    }
    pub fn when_unsatisfiable(self) -> &'a str {
        self.0.get(k::WHEN_UNSATISFIABLE).map_or("", Value::str_or_empty)
    }
    pub fn label_selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::LABEL_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn min_domains(self) -> Option<i64> {
        self.0.get(k::MIN_DOMAINS).and_then(Value::as_i64)
    }
    pub fn node_affinity_policy(self) -> Option<&'a str> {
        self.0.get(k::NODE_AFFINITY_POLICY).and_then(Value::as_str)
    }
    pub fn node_taints_policy(self) -> Option<&'a str> {
        self.0.get(k::NODE_TAINTS_POLICY).and_then(Value::as_str)
    }
    pub fn match_label_keys(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MATCH_LABEL_KEYS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct TypedLocalObjectReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for TypedLocalObjectReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TypedLocalObjectReferenceView<'a> {
    pub fn api_group(self) -> Option<&'a str> {
        self.0.get(k::API_GROUP).and_then(Value::as_str)
    }
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct TypedObjectReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for TypedObjectReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> TypedObjectReferenceView<'a> {
    pub fn api_group(self) -> Option<&'a str> {
        self.0.get(k::API_GROUP).and_then(Value::as_str)
    }
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn namespace(self) -> Option<&'a str> {
        self.0.get(k::NAMESPACE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn host_path(self) -> Option<HostPathVolumeSourceView<'a>> {
        self.0.get(k::HOST_PATH).filter(|v| !v.is_null()).map(HostPathVolumeSourceView::of)
    }
    pub fn empty_dir(self) -> Option<EmptyDirVolumeSourceView<'a>> {
        self.0.get(k::EMPTY_DIR).filter(|v| !v.is_null()).map(EmptyDirVolumeSourceView::of)
    }
    pub fn gce_persistent_disk(self) -> Option<GCEPersistentDiskVolumeSourceView<'a>> {
        self.0.get(k::GCE_PERSISTENT_DISK).filter(|v| !v.is_null()).map(GCEPersistentDiskVolumeSourceView::of)
    }
    pub fn aws_elastic_block_store(self) -> Option<AWSElasticBlockStoreVolumeSourceView<'a>> {
        self.0
            .get(k::AWS_ELASTIC_BLOCK_STORE)
            .filter(|v| !v.is_null())
            .map(AWSElasticBlockStoreVolumeSourceView::of)
    }
    pub fn git_repo(self) -> Option<GitRepoVolumeSourceView<'a>> {
        self.0.get(k::GIT_REPO).filter(|v| !v.is_null()).map(GitRepoVolumeSourceView::of)
    }
    pub fn secret(self) -> Option<SecretVolumeSourceView<'a>> {
        self.0.get(k::SECRET).filter(|v| !v.is_null()).map(SecretVolumeSourceView::of)
    }
    pub fn nfs(self) -> Option<NFSVolumeSourceView<'a>> {
        self.0.get(k::NFS).filter(|v| !v.is_null()).map(NFSVolumeSourceView::of)
    }
    pub fn iscsi(self) -> Option<ISCSIVolumeSourceView<'a>> {
        self.0.get(k::ISCSI).filter(|v| !v.is_null()).map(ISCSIVolumeSourceView::of)
    }
    pub fn glusterfs(self) -> Option<GlusterfsVolumeSourceView<'a>> {
        self.0.get(k::GLUSTERFS).filter(|v| !v.is_null()).map(GlusterfsVolumeSourceView::of)
    }
    pub fn persistent_volume_claim(self) -> Option<PersistentVolumeClaimVolumeSourceView<'a>> {
        self.0
            .get(k::PERSISTENT_VOLUME_CLAIM)
            .filter(|v| !v.is_null())
            .map(PersistentVolumeClaimVolumeSourceView::of)
    }
    pub fn rbd(self) -> Option<RBDVolumeSourceView<'a>> {
        self.0.get(k::RBD).filter(|v| !v.is_null()).map(RBDVolumeSourceView::of)
    }
    pub fn flex_volume(self) -> Option<FlexVolumeSourceView<'a>> {
        self.0.get(k::FLEX_VOLUME).filter(|v| !v.is_null()).map(FlexVolumeSourceView::of)
    }
    pub fn cinder(self) -> Option<CinderVolumeSourceView<'a>> {
        self.0.get(k::CINDER).filter(|v| !v.is_null()).map(CinderVolumeSourceView::of)
    }
    pub fn cephfs(self) -> Option<CephFSVolumeSourceView<'a>> {
        self.0.get(k::CEPHFS).filter(|v| !v.is_null()).map(CephFSVolumeSourceView::of)
    }
    pub fn flocker(self) -> Option<FlockerVolumeSourceView<'a>> {
        self.0.get(k::FLOCKER).filter(|v| !v.is_null()).map(FlockerVolumeSourceView::of)
    }
    pub fn downward_api(self) -> Option<DownwardAPIVolumeSourceView<'a>> {
        self.0.get(k::DOWNWARD_API).filter(|v| !v.is_null()).map(DownwardAPIVolumeSourceView::of)
    }
    pub fn fc(self) -> Option<FCVolumeSourceView<'a>> {
        self.0.get(k::FC).filter(|v| !v.is_null()).map(FCVolumeSourceView::of)
    }
    pub fn azure_file(self) -> Option<AzureFileVolumeSourceView<'a>> {
        self.0.get(k::AZURE_FILE).filter(|v| !v.is_null()).map(AzureFileVolumeSourceView::of)
    }
    pub fn config_map(self) -> Option<ConfigMapVolumeSourceView<'a>> {
        self.0.get(k::CONFIG_MAP).filter(|v| !v.is_null()).map(ConfigMapVolumeSourceView::of)
    }
    pub fn vsphere_volume(self) -> Option<VsphereVirtualDiskVolumeSourceView<'a>> {
        self.0.get(k::VSPHERE_VOLUME).filter(|v| !v.is_null()).map(VsphereVirtualDiskVolumeSourceView::of)
    }
    pub fn quobyte(self) -> Option<QuobyteVolumeSourceView<'a>> {
        self.0.get(k::QUOBYTE).filter(|v| !v.is_null()).map(QuobyteVolumeSourceView::of)
    }
    pub fn azure_disk(self) -> Option<AzureDiskVolumeSourceView<'a>> {
        self.0.get(k::AZURE_DISK).filter(|v| !v.is_null()).map(AzureDiskVolumeSourceView::of)
    }
    pub fn photon_persistent_disk(self) -> Option<PhotonPersistentDiskVolumeSourceView<'a>> {
        self.0
            .get(k::PHOTON_PERSISTENT_DISK)
            .filter(|v| !v.is_null())
            .map(PhotonPersistentDiskVolumeSourceView::of)
    }
    pub fn projected(self) -> Option<ProjectedVolumeSourceView<'a>> {
        self.0.get(k::PROJECTED).filter(|v| !v.is_null()).map(ProjectedVolumeSourceView::of)
    }
    pub fn portworx_volume(self) -> Option<PortworxVolumeSourceView<'a>> {
        self.0.get(k::PORTWORX_VOLUME).filter(|v| !v.is_null()).map(PortworxVolumeSourceView::of)
    }
    pub fn scale_io(self) -> Option<ScaleIOVolumeSourceView<'a>> {
        self.0.get(k::SCALE_IO).filter(|v| !v.is_null()).map(ScaleIOVolumeSourceView::of)
    }
    pub fn storageos(self) -> Option<StorageOSVolumeSourceView<'a>> {
        self.0.get(k::STORAGEOS).filter(|v| !v.is_null()).map(StorageOSVolumeSourceView::of)
    }
    pub fn csi(self) -> Option<CSIVolumeSourceView<'a>> {
        self.0.get(k::CSI).filter(|v| !v.is_null()).map(CSIVolumeSourceView::of)
    }
    pub fn ephemeral(self) -> Option<EphemeralVolumeSourceView<'a>> {
        self.0.get(k::EPHEMERAL).filter(|v| !v.is_null()).map(EphemeralVolumeSourceView::of)
    }
    pub fn image(self) -> Option<ImageVolumeSourceView<'a>> {
        self.0.get(k::IMAGE).filter(|v| !v.is_null()).map(ImageVolumeSourceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeDeviceView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeDeviceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeDeviceView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn device_path(self) -> &'a str {
        self.0.get(k::DEVICE_PATH).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeMountView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeMountView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeMountView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn recursive_read_only(self) -> Option<&'a str> {
        self.0.get(k::RECURSIVE_READ_ONLY).and_then(Value::as_str)
    }
    pub fn mount_path(self) -> &'a str {
        self.0.get(k::MOUNT_PATH).map_or("", Value::str_or_empty)
    }
    pub fn sub_path(self) -> &'a str {
        self.0.get(k::SUB_PATH).map_or("", Value::str_or_empty)
    }
    pub fn mount_propagation(self) -> Option<&'a str> {
        self.0.get(k::MOUNT_PROPAGATION).and_then(Value::as_str)
    }
    pub fn sub_path_expr(self) -> &'a str {
        self.0.get(k::SUB_PATH_EXPR).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeMountStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeMountStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeMountStatusView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn mount_path(self) -> &'a str {
        self.0.get(k::MOUNT_PATH).map_or("", Value::str_or_empty)
    }
    pub fn read_only(self) -> bool {
        self.0.get(k::READ_ONLY).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn recursive_read_only(self) -> Option<&'a str> {
        self.0.get(k::RECURSIVE_READ_ONLY).and_then(Value::as_str)
    }
    pub fn volume_status(self) -> Option<VolumeStatusView<'a>> {
        self.0.get(k::VOLUME_STATUS).filter(|v| !v.is_null()).map(VolumeStatusView::of)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeNodeAffinityView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeNodeAffinityView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeNodeAffinityView<'a> {
    pub fn required(self) -> Option<NodeSelectorView<'a>> {
        self.0.get(k::REQUIRED).filter(|v| !v.is_null()).map(NodeSelectorView::of)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeProjectionView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeProjectionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeProjectionView<'a> {
    pub fn secret(self) -> Option<SecretProjectionView<'a>> {
        self.0.get(k::SECRET).filter(|v| !v.is_null()).map(SecretProjectionView::of)
    }
    pub fn downward_api(self) -> Option<DownwardAPIProjectionView<'a>> {
        self.0.get(k::DOWNWARD_API).filter(|v| !v.is_null()).map(DownwardAPIProjectionView::of)
    }
    pub fn config_map(self) -> Option<ConfigMapProjectionView<'a>> {
        self.0.get(k::CONFIG_MAP).filter(|v| !v.is_null()).map(ConfigMapProjectionView::of)
    }
    pub fn service_account_token(self) -> Option<ServiceAccountTokenProjectionView<'a>> {
        self.0
            .get(k::SERVICE_ACCOUNT_TOKEN)
            .filter(|v| !v.is_null())
            .map(ServiceAccountTokenProjectionView::of)
    }
    pub fn cluster_trust_bundle(self) -> Option<ClusterTrustBundleProjectionView<'a>> {
        self.0.get(k::CLUSTER_TRUST_BUNDLE).filter(|v| !v.is_null()).map(ClusterTrustBundleProjectionView::of)
    }
    pub fn pod_certificate(self) -> Option<PodCertificateProjectionView<'a>> {
        self.0.get(k::POD_CERTIFICATE).filter(|v| !v.is_null()).map(PodCertificateProjectionView::of)
    }
}

#[derive(Clone, Copy)]
pub struct VolumeResourceRequirementsView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeResourceRequirementsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeResourceRequirementsView<'a> {
    pub fn limits(self) -> MapView<'a> {
        MapView::of(self.0.get(k::LIMITS).unwrap_or(&NULL))
    }
    pub fn requests(self) -> MapView<'a> {
        MapView::of(self.0.get(k::REQUESTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct VolumeStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for VolumeStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VolumeStatusView<'a> {
    pub fn image(self) -> Option<ImageVolumeStatusView<'a>> {
        self.0.get(k::IMAGE).filter(|v| !v.is_null()).map(ImageVolumeStatusView::of)
    }
}

#[derive(Clone, Copy)]
pub struct VsphereVirtualDiskVolumeSourceView<'a>(pub &'a Value);

impl<'a> View<'a> for VsphereVirtualDiskVolumeSourceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> VsphereVirtualDiskVolumeSourceView<'a> {
    pub fn volume_path(self) -> &'a str {
        self.0.get(k::VOLUME_PATH).map_or("", Value::str_or_empty)
    }
    pub fn fs_type(self) -> &'a str {
        self.0.get(k::FS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn storage_policy_name(self) -> &'a str {
        self.0.get(k::STORAGE_POLICY_NAME).map_or("", Value::str_or_empty)
    }
    pub fn storage_policy_id(self) -> &'a str {
        self.0.get(k::STORAGE_POLICY_ID).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct WeightedPodAffinityTermView<'a>(pub &'a Value);

impl<'a> View<'a> for WeightedPodAffinityTermView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> WeightedPodAffinityTermView<'a> {
    pub fn weight(self) -> i64 {
        self.0.get(k::WEIGHT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn pod_affinity_term(self) -> PodAffinityTermView<'a> {
        PodAffinityTermView(self.0.get(k::POD_AFFINITY_TERM).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct WindowsSecurityContextOptionsView<'a>(pub &'a Value);

impl<'a> View<'a> for WindowsSecurityContextOptionsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> WindowsSecurityContextOptionsView<'a> {
    pub fn gmsa_credential_spec_name(self) -> Option<&'a str> {
        self.0.get(k::GMSA_CREDENTIAL_SPEC_NAME).and_then(Value::as_str)
    }
    pub fn gmsa_credential_spec(self) -> Option<&'a str> {
        self.0.get(k::GMSA_CREDENTIAL_SPEC).and_then(Value::as_str)
    }
    pub fn run_as_user_name(self) -> Option<&'a str> {
        self.0.get(k::RUN_AS_USER_NAME).and_then(Value::as_str)
    }
    pub fn host_process(self) -> Option<bool> {
        self.0.get(k::HOST_PROCESS).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointView<'a> {
    pub fn addresses(self) -> Strs<'a> {
        Strs::of(self.0.get(k::ADDRESSES).unwrap_or(&NULL))
    }
    pub fn conditions(self) -> EndpointConditionsView<'a> {
        EndpointConditionsView(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
    pub fn hostname(self) -> Option<&'a str> {
        self.0.get(k::HOSTNAME).and_then(Value::as_str)
    }
    pub fn target_ref(self) -> Option<ObjectReferenceView<'a>> {
        self.0.get(k::TARGET_REF).filter(|v| !v.is_null()).map(ObjectReferenceView::of)
    }
    pub fn deprecated_topology(self) -> MapView<'a> {
        MapView::of(self.0.get(k::DEPRECATED_TOPOLOGY).unwrap_or(&NULL))
    }
    pub fn node_name(self) -> Option<&'a str> {
        self.0.get(k::NODE_NAME).and_then(Value::as_str)
    }
    pub fn zone(self) -> Option<&'a str> {
        self.0.get(k::ZONE).and_then(Value::as_str)
    }
    pub fn hints(self) -> Option<EndpointHintsView<'a>> {
        self.0.get(k::HINTS).filter(|v| !v.is_null()).map(EndpointHintsView::of)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointConditionsView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointConditionsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointConditionsView<'a> {
    pub fn ready(self) -> Option<bool> {
        self.0.get(k::READY).and_then(Value::as_bool)
    }
    pub fn serving(self) -> Option<bool> {
        self.0.get(k::SERVING).and_then(Value::as_bool)
    }
    pub fn terminating(self) -> Option<bool> {
        self.0.get(k::TERMINATING).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointHintsView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointHintsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointHintsView<'a> {
    pub fn for_zones(self) -> Views<'a, ForZoneView<'a>> {
        Views::of(self.0.get(k::FOR_ZONES).unwrap_or(&NULL))
    }
    pub fn for_nodes(self) -> Views<'a, ForNodeView<'a>> {
        Views::of(self.0.get(k::FOR_NODES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct DiscoveryEndpointPortView<'a>(pub &'a Value);

impl<'a> View<'a> for DiscoveryEndpointPortView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DiscoveryEndpointPortView<'a> {
    pub fn name(self) -> Option<&'a str> {
        self.0.get(k::NAME).and_then(Value::as_str)
    }
    pub fn protocol(self) -> Option<&'a str> {
        self.0.get(k::PROTOCOL).and_then(Value::as_str)
    }
    pub fn port(self) -> Option<i64> {
        self.0.get(k::PORT).and_then(Value::as_i64)
    }
    pub fn app_protocol(self) -> Option<&'a str> {
        self.0.get(k::APP_PROTOCOL).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct EndpointSliceView<'a>(pub &'a Value);

impl<'a> View<'a> for EndpointSliceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EndpointSliceView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn address_type(self) -> &'a str {
        self.0.get(k::ADDRESS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn endpoints(self) -> Views<'a, EndpointView<'a>> {
        Views::of(self.0.get(k::ENDPOINTS).unwrap_or(&NULL))
    }
    pub fn ports(self) -> Views<'a, DiscoveryEndpointPortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ForNodeView<'a>(pub &'a Value);

impl<'a> View<'a> for ForNodeView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ForNodeView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ForZoneView<'a>(pub &'a Value);

impl<'a> View<'a> for ForZoneView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ForZoneView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ConditionView<'a>(pub &'a Value);

impl<'a> View<'a> for ConditionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ConditionView<'a> {
    pub fn type_(self) -> &'a str {
        self.0.get(k::TYPE).map_or("", Value::str_or_empty)
    }
    pub fn status(self) -> &'a str {
        self.0.get(k::STATUS).map_or("", Value::str_or_empty)
    }
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn last_transition_time(self) -> Option<Timestamp> {
        self.0.get(k::LAST_TRANSITION_TIME).and_then(crate::view::time)
    }
    pub fn reason(self) -> &'a str {
        self.0.get(k::REASON).map_or("", Value::str_or_empty)
    }
    pub fn message(self) -> &'a str {
        self.0.get(k::MESSAGE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct DeleteOptionsView<'a>(pub &'a Value);

impl<'a> View<'a> for DeleteOptionsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> DeleteOptionsView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn grace_period_seconds(self) -> Option<i64> {
        self.0.get(k::GRACE_PERIOD_SECONDS).and_then(Value::as_i64)
    }
    pub fn preconditions(self) -> Option<PreconditionsView<'a>> {
        self.0.get(k::PRECONDITIONS).filter(|v| !v.is_null()).map(PreconditionsView::of)
    }
    pub fn orphan_dependents(self) -> Option<bool> {
        self.0.get(k::ORPHAN_DEPENDENTS).and_then(Value::as_bool)
    }
    pub fn propagation_policy(self) -> Option<&'a str> {
        self.0.get(k::PROPAGATION_POLICY).and_then(Value::as_str)
    }
    pub fn dry_run(self) -> Strs<'a> {
        Strs::of(self.0.get(k::DRY_RUN).unwrap_or(&NULL))
    }
    pub fn ignore_store_read_error_with_cluster_breaking_potential(self) -> Option<bool> {
        self.0.get(k::IGNORE_STORE_READ_ERROR_WITH_CLUSTER_BREAKING_POTENTIAL).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct FieldSelectorRequirementView<'a>(pub &'a Value);

impl<'a> View<'a> for FieldSelectorRequirementView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> FieldSelectorRequirementView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VALUES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LabelSelectorView<'a>(pub &'a Value);

impl<'a> View<'a> for LabelSelectorView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LabelSelectorView<'a> {
    pub fn match_labels(self) -> MapView<'a> {
        MapView::of(self.0.get(k::MATCH_LABELS).unwrap_or(&NULL))
    }
    pub fn match_expressions(self) -> Views<'a, LabelSelectorRequirementView<'a>> {
        Views::of(self.0.get(k::MATCH_EXPRESSIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct LabelSelectorRequirementView<'a>(pub &'a Value);

impl<'a> View<'a> for LabelSelectorRequirementView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> LabelSelectorRequirementView<'a> {
    pub fn key(self) -> &'a str {
        self.0.get(k::KEY).map_or("", Value::str_or_empty)
    }
    pub fn operator(self) -> &'a str {
        self.0.get(k::OPERATOR).map_or("", Value::str_or_empty)
    }
    pub fn values(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VALUES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ManagedFieldsEntryView<'a>(pub &'a Value);

impl<'a> View<'a> for ManagedFieldsEntryView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ManagedFieldsEntryView<'a> {
    pub fn manager(self) -> &'a str {
        self.0.get(k::MANAGER).map_or("", Value::str_or_empty)
    }
    pub fn operation(self) -> &'a str {
        self.0.get(k::OPERATION).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn time(self) -> Option<Timestamp> {
        self.0.get(k::TIME).and_then(crate::view::time)
    }
    pub fn fields_type(self) -> &'a str {
        self.0.get(k::FIELDS_TYPE).map_or("", Value::str_or_empty)
    }
    pub fn fields_v1(self) -> &'a Value {
        self.0.get(k::FIELDS_V1).unwrap_or(&NULL)
    }
    pub fn subresource(self) -> &'a str {
        self.0.get(k::SUBRESOURCE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ObjectMetaView<'a>(pub &'a Value);

impl<'a> View<'a> for ObjectMetaView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ObjectMetaView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn generate_name(self) -> &'a str {
        self.0.get(k::GENERATE_NAME).map_or("", Value::str_or_empty)
    }
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn self_link(self) -> &'a str {
        self.0.get(k::SELF_LINK).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
    pub fn resource_version(self) -> &'a str {
        self.0.get(k::RESOURCE_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn generation(self) -> i64 {
        self.0.get(k::GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn creation_timestamp(self) -> Option<Timestamp> {
        self.0.get(k::CREATION_TIMESTAMP).and_then(crate::view::time)
    }
    pub fn deletion_timestamp(self) -> Option<Timestamp> {
        self.0.get(k::DELETION_TIMESTAMP).and_then(crate::view::time)
    }
    pub fn deletion_grace_period_seconds(self) -> Option<i64> {
        self.0.get(k::DELETION_GRACE_PERIOD_SECONDS).and_then(Value::as_i64)
    }
    pub fn labels(self) -> MapView<'a> {
        MapView::of(self.0.get(k::LABELS).unwrap_or(&NULL))
    }
    pub fn annotations(self) -> MapView<'a> {
        MapView::of(self.0.get(k::ANNOTATIONS).unwrap_or(&NULL))
    }
    pub fn owner_references(self) -> Views<'a, OwnerReferenceView<'a>> {
        Views::of(self.0.get(k::OWNER_REFERENCES).unwrap_or(&NULL))
    }
    pub fn finalizers(self) -> Strs<'a> {
        Strs::of(self.0.get(k::FINALIZERS).unwrap_or(&NULL))
    }
    pub fn managed_fields(self) -> Views<'a, ManagedFieldsEntryView<'a>> {
        Views::of(self.0.get(k::MANAGED_FIELDS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct OwnerReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for OwnerReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> OwnerReferenceView<'a> {
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn uid(self) -> &'a str {
        self.0.get(k::UID).map_or("", Value::str_or_empty)
    }
    pub fn controller(self) -> Option<bool> {
        self.0.get(k::CONTROLLER).and_then(Value::as_bool)
    }
    pub fn block_owner_deletion(self) -> Option<bool> {
        self.0.get(k::BLOCK_OWNER_DELETION).and_then(Value::as_bool)
    }
}

#[derive(Clone, Copy)]
pub struct PreconditionsView<'a>(pub &'a Value);

impl<'a> View<'a> for PreconditionsView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PreconditionsView<'a> {
    pub fn uid(self) -> Option<&'a str> {
        self.0.get(k::UID).and_then(Value::as_str)
    }
    pub fn resource_version(self) -> Option<&'a str> {
        self.0.get(k::RESOURCE_VERSION).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct HTTPIngressPathView<'a>(pub &'a Value);

impl<'a> View<'a> for HTTPIngressPathView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HTTPIngressPathView<'a> {
    pub fn path(self) -> &'a str {
        self.0.get(k::PATH).map_or("", Value::str_or_empty)
    }
    pub fn path_type(self) -> Option<&'a str> {
        self.0.get(k::PATH_TYPE).and_then(Value::as_str)
    }
    pub fn backend(self) -> IngressBackendView<'a> {
        IngressBackendView(self.0.get(k::BACKEND).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct HTTPIngressRuleValueView<'a>(pub &'a Value);

impl<'a> View<'a> for HTTPIngressRuleValueView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> HTTPIngressRuleValueView<'a> {
    pub fn paths(self) -> Views<'a, HTTPIngressPathView<'a>> {
        Views::of(self.0.get(k::PATHS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IPAddressView<'a>(pub &'a Value);

impl<'a> View<'a> for IPAddressView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IPAddressView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> IPAddressSpecView<'a> {
        IPAddressSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IPAddressSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for IPAddressSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IPAddressSpecView<'a> {
    pub fn parent_ref(self) -> Option<ParentReferenceView<'a>> {
        self.0.get(k::PARENT_REF).filter(|v| !v.is_null()).map(ParentReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct IPBlockView<'a>(pub &'a Value);

impl<'a> View<'a> for IPBlockView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IPBlockView<'a> {
    pub fn cidr(self) -> &'a str {
        self.0.get(k::CIDR).map_or("", Value::str_or_empty)
    }
    pub fn except(self) -> Strs<'a> {
        Strs::of(self.0.get(k::EXCEPT).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> IngressSpecView<'a> {
        IngressSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> IngressStatusView<'a> {
        IngressStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressBackendView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressBackendView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressBackendView<'a> {
    pub fn service(self) -> Option<IngressServiceBackendView<'a>> {
        self.0.get(k::SERVICE).filter(|v| !v.is_null()).map(IngressServiceBackendView::of)
    }
    pub fn resource(self) -> Option<TypedLocalObjectReferenceView<'a>> {
        self.0.get(k::RESOURCE).filter(|v| !v.is_null()).map(TypedLocalObjectReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct IngressClassView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressClassView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressClassView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> IngressClassSpecView<'a> {
        IngressClassSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressClassParametersReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressClassParametersReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressClassParametersReferenceView<'a> {
    pub fn api_group(self) -> Option<&'a str> {
        self.0.get(k::API_GROUP).and_then(Value::as_str)
    }
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn scope(self) -> Option<&'a str> {
        self.0.get(k::SCOPE).and_then(Value::as_str)
    }
    pub fn namespace(self) -> Option<&'a str> {
        self.0.get(k::NAMESPACE).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct IngressClassSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressClassSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressClassSpecView<'a> {
    pub fn controller(self) -> &'a str {
        self.0.get(k::CONTROLLER).map_or("", Value::str_or_empty)
    }
    pub fn parameters(self) -> Option<IngressClassParametersReferenceView<'a>> {
        self.0.get(k::PARAMETERS).filter(|v| !v.is_null()).map(IngressClassParametersReferenceView::of)
    }
}

#[derive(Clone, Copy)]
pub struct IngressLoadBalancerIngressView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressLoadBalancerIngressView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressLoadBalancerIngressView<'a> {
    pub fn ip(self) -> &'a str {
        self.0.get(k::IP).map_or("", Value::str_or_empty)
    }
    pub fn hostname(self) -> &'a str {
        self.0.get(k::HOSTNAME).map_or("", Value::str_or_empty)
    }
    pub fn ports(self) -> Views<'a, IngressPortStatusView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressLoadBalancerStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressLoadBalancerStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressLoadBalancerStatusView<'a> {
    pub fn ingress(self) -> Views<'a, IngressLoadBalancerIngressView<'a>> {
        Views::of(self.0.get(k::INGRESS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressPortStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressPortStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressPortStatusView<'a> {
    pub fn port(self) -> i64 {
        self.0.get(k::PORT).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn protocol(self) -> &'a str {
        self.0.get(k::PROTOCOL).map_or("", Value::str_or_empty)
    }
    pub fn error(self) -> Option<&'a str> {
        self.0.get(k::ERROR).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct IngressRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressRuleView<'a> {
    pub fn host(self) -> &'a str {
        self.0.get(k::HOST).map_or("", Value::str_or_empty)
    }
    pub fn http(self) -> Option<HTTPIngressRuleValueView<'a>> {
        self.0.get(k::HTTP).filter(|v| !v.is_null()).map(HTTPIngressRuleValueView::of)
    }
}

#[derive(Clone, Copy)]
pub struct IngressServiceBackendView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressServiceBackendView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressServiceBackendView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn port(self) -> ServiceBackendPortView<'a> {
        ServiceBackendPortView(self.0.get(k::PORT).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressSpecView<'a> {
    pub fn ingress_class_name(self) -> Option<&'a str> {
        self.0.get(k::INGRESS_CLASS_NAME).and_then(Value::as_str)
    }
    pub fn default_backend(self) -> Option<IngressBackendView<'a>> {
        self.0.get(k::DEFAULT_BACKEND).filter(|v| !v.is_null()).map(IngressBackendView::of)
    }
    pub fn tls(self) -> Views<'a, IngressTLSView<'a>> {
        Views::of(self.0.get(k::TLS).unwrap_or(&NULL))
    }
    pub fn rules(self) -> Views<'a, IngressRuleView<'a>> {
        Views::of(self.0.get(k::RULES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressStatusView<'a> {
    pub fn load_balancer(self) -> IngressLoadBalancerStatusView<'a> {
        IngressLoadBalancerStatusView(self.0.get(k::LOAD_BALANCER).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct IngressTLSView<'a>(pub &'a Value);

impl<'a> View<'a> for IngressTLSView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> IngressTLSView<'a> {
    pub fn hosts(self) -> Strs<'a> {
        Strs::of(self.0.get(k::HOSTS).unwrap_or(&NULL))
    }
    pub fn secret_name(self) -> &'a str {
        self.0.get(k::SECRET_NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct NetworkPolicyView<'a>(pub &'a Value);

impl<'a> View<'a> for NetworkPolicyView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NetworkPolicyView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> NetworkPolicySpecView<'a> {
        NetworkPolicySpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NetworkPolicyEgressRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for NetworkPolicyEgressRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NetworkPolicyEgressRuleView<'a> {
    pub fn ports(self) -> Views<'a, NetworkPolicyPortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
    pub fn to(self) -> Views<'a, NetworkPolicyPeerView<'a>> {
        Views::of(self.0.get(k::TO).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NetworkPolicyIngressRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for NetworkPolicyIngressRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NetworkPolicyIngressRuleView<'a> {
    pub fn ports(self) -> Views<'a, NetworkPolicyPortView<'a>> {
        Views::of(self.0.get(k::PORTS).unwrap_or(&NULL))
    }
    pub fn from(self) -> Views<'a, NetworkPolicyPeerView<'a>> {
        Views::of(self.0.get(k::FROM).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct NetworkPolicyPeerView<'a>(pub &'a Value);

impl<'a> View<'a> for NetworkPolicyPeerView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NetworkPolicyPeerView<'a> {
    pub fn pod_selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::POD_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn namespace_selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::NAMESPACE_SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn ip_block(self) -> Option<IPBlockView<'a>> {
        self.0.get(k::IP_BLOCK).filter(|v| !v.is_null()).map(IPBlockView::of)
    }
}

#[derive(Clone, Copy)]
pub struct NetworkPolicyPortView<'a>(pub &'a Value);

impl<'a> View<'a> for NetworkPolicyPortView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NetworkPolicyPortView<'a> {
    pub fn protocol(self) -> Option<&'a str> {
        self.0.get(k::PROTOCOL).and_then(Value::as_str)
    }
    pub fn port(self) -> &'a Value {
        self.0.get(k::PORT).unwrap_or(&NULL)
    }
    pub fn end_port(self) -> Option<i64> {
        self.0.get(k::END_PORT).and_then(Value::as_i64)
    }
}

#[derive(Clone, Copy)]
pub struct NetworkPolicySpecView<'a>(pub &'a Value);

impl<'a> View<'a> for NetworkPolicySpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> NetworkPolicySpecView<'a> {
    pub fn pod_selector(self) -> LabelSelectorView<'a> {
        LabelSelectorView(self.0.get(k::POD_SELECTOR).unwrap_or(&NULL))
    }
    pub fn ingress(self) -> Views<'a, NetworkPolicyIngressRuleView<'a>> {
        Views::of(self.0.get(k::INGRESS).unwrap_or(&NULL))
    }
    pub fn egress(self) -> Views<'a, NetworkPolicyEgressRuleView<'a>> {
        Views::of(self.0.get(k::EGRESS).unwrap_or(&NULL))
    }
    pub fn policy_types(self) -> Strs<'a> {
        Strs::of(self.0.get(k::POLICY_TYPES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ParentReferenceView<'a>(pub &'a Value);

impl<'a> View<'a> for ParentReferenceView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ParentReferenceView<'a> {
    pub fn group(self) -> &'a str {
        self.0.get(k::GROUP).map_or("", Value::str_or_empty)
    }
    pub fn resource(self) -> &'a str {
        self.0.get(k::RESOURCE).map_or("", Value::str_or_empty)
    }
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct ServiceBackendPortView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceBackendPortView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceBackendPortView<'a> {
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn number(self) -> i64 {
        self.0.get(k::NUMBER).and_then(Value::as_i64).unwrap_or(0)
    }
}

#[derive(Clone, Copy)]
pub struct ServiceCIDRView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceCIDRView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceCIDRView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> ServiceCIDRSpecView<'a> {
        ServiceCIDRSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> ServiceCIDRStatusView<'a> {
        ServiceCIDRStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ServiceCIDRSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceCIDRSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceCIDRSpecView<'a> {
    pub fn cidrs(self) -> Strs<'a> {
        Strs::of(self.0.get(k::CIDRS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ServiceCIDRStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for ServiceCIDRStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ServiceCIDRStatusView<'a> {
    pub fn conditions(self) -> Views<'a, ConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct EvictionView<'a>(pub &'a Value);

impl<'a> View<'a> for EvictionView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> EvictionView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn delete_options(self) -> Option<DeleteOptionsView<'a>> {
        self.0.get(k::DELETE_OPTIONS).filter(|v| !v.is_null()).map(DeleteOptionsView::of)
    }
}

#[derive(Clone, Copy)]
pub struct PodDisruptionBudgetView<'a>(pub &'a Value);

impl<'a> View<'a> for PodDisruptionBudgetView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodDisruptionBudgetView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn spec(self) -> PodDisruptionBudgetSpecView<'a> {
        PodDisruptionBudgetSpecView(self.0.get(k::SPEC).unwrap_or(&NULL))
    }
    pub fn status(self) -> PodDisruptionBudgetStatusView<'a> {
        PodDisruptionBudgetStatusView(self.0.get(k::STATUS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PodDisruptionBudgetSpecView<'a>(pub &'a Value);

impl<'a> View<'a> for PodDisruptionBudgetSpecView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodDisruptionBudgetSpecView<'a> {
    pub fn min_available(self) -> &'a Value {
        self.0.get(k::MIN_AVAILABLE).unwrap_or(&NULL)
    }
    pub fn selector(self) -> Option<LabelSelectorView<'a>> {
        self.0.get(k::SELECTOR).filter(|v| !v.is_null()).map(LabelSelectorView::of)
    }
    pub fn max_unavailable(self) -> &'a Value {
        self.0.get(k::MAX_UNAVAILABLE).unwrap_or(&NULL)
    }
    pub fn unhealthy_pod_eviction_policy(self) -> Option<&'a str> {
        self.0.get(k::UNHEALTHY_POD_EVICTION_POLICY).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct PodDisruptionBudgetStatusView<'a>(pub &'a Value);

impl<'a> View<'a> for PodDisruptionBudgetStatusView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PodDisruptionBudgetStatusView<'a> {
    pub fn observed_generation(self) -> i64 {
        self.0.get(k::OBSERVED_GENERATION).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn disrupted_pods(self) -> MapView<'a> {
        MapView::of(self.0.get(k::DISRUPTED_PODS).unwrap_or(&NULL))
    }
    pub fn disruptions_allowed(self) -> i64 {
        self.0.get(k::DISRUPTIONS_ALLOWED).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn current_healthy(self) -> i64 {
        self.0.get(k::CURRENT_HEALTHY).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn desired_healthy(self) -> i64 {
        self.0.get(k::DESIRED_HEALTHY).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn expected_pods(self) -> i64 {
        self.0.get(k::EXPECTED_PODS).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn conditions(self) -> Views<'a, ConditionView<'a>> {
        Views::of(self.0.get(k::CONDITIONS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct AggregationRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for AggregationRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> AggregationRuleView<'a> {
    pub fn cluster_role_selectors(self) -> Views<'a, LabelSelectorView<'a>> {
        Views::of(self.0.get(k::CLUSTER_ROLE_SELECTORS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct ClusterRoleView<'a>(pub &'a Value);

impl<'a> View<'a> for ClusterRoleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ClusterRoleView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn rules(self) -> Views<'a, PolicyRuleView<'a>> {
        Views::of(self.0.get(k::RULES).unwrap_or(&NULL))
    }
    pub fn aggregation_rule(self) -> Option<AggregationRuleView<'a>> {
        self.0.get(k::AGGREGATION_RULE).filter(|v| !v.is_null()).map(AggregationRuleView::of)
    }
}

#[derive(Clone, Copy)]
pub struct ClusterRoleBindingView<'a>(pub &'a Value);

impl<'a> View<'a> for ClusterRoleBindingView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> ClusterRoleBindingView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn subjects(self) -> Views<'a, SubjectView<'a>> {
        Views::of(self.0.get(k::SUBJECTS).unwrap_or(&NULL))
    }
    pub fn role_ref(self) -> RoleRefView<'a> {
        RoleRefView(self.0.get(k::ROLE_REF).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct PolicyRuleView<'a>(pub &'a Value);

impl<'a> View<'a> for PolicyRuleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PolicyRuleView<'a> {
    pub fn verbs(self) -> Strs<'a> {
        Strs::of(self.0.get(k::VERBS).unwrap_or(&NULL))
    }
    pub fn api_groups(self) -> Strs<'a> {
        Strs::of(self.0.get(k::API_GROUPS).unwrap_or(&NULL))
    }
    pub fn resources(self) -> Strs<'a> {
        Strs::of(self.0.get(k::RESOURCES).unwrap_or(&NULL))
    }
    pub fn resource_names(self) -> Strs<'a> {
        Strs::of(self.0.get(k::RESOURCE_NAMES).unwrap_or(&NULL))
    }
    pub fn non_resource_urls(self) -> Strs<'a> {
        Strs::of(self.0.get(k::NON_RESOURCE_URLS).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct RoleView<'a>(pub &'a Value);

impl<'a> View<'a> for RoleView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RoleView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn rules(self) -> Views<'a, PolicyRuleView<'a>> {
        Views::of(self.0.get(k::RULES).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct RoleBindingView<'a>(pub &'a Value);

impl<'a> View<'a> for RoleBindingView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RoleBindingView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn subjects(self) -> Views<'a, SubjectView<'a>> {
        Views::of(self.0.get(k::SUBJECTS).unwrap_or(&NULL))
    }
    pub fn role_ref(self) -> RoleRefView<'a> {
        RoleRefView(self.0.get(k::ROLE_REF).unwrap_or(&NULL))
    }
}

#[derive(Clone, Copy)]
pub struct RoleRefView<'a>(pub &'a Value);

impl<'a> View<'a> for RoleRefView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> RoleRefView<'a> {
    pub fn api_group(self) -> &'a str {
        self.0.get(k::API_GROUP).map_or("", Value::str_or_empty)
    }
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct SubjectView<'a>(pub &'a Value);

impl<'a> View<'a> for SubjectView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> SubjectView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_group(self) -> &'a str {
        self.0.get(k::API_GROUP).map_or("", Value::str_or_empty)
    }
    pub fn name(self) -> &'a str {
        self.0.get(k::NAME).map_or("", Value::str_or_empty)
    }
    pub fn namespace(self) -> &'a str {
        self.0.get(k::NAMESPACE).map_or("", Value::str_or_empty)
    }
}

#[derive(Clone, Copy)]
pub struct PriorityClassView<'a>(pub &'a Value);

impl<'a> View<'a> for PriorityClassView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> PriorityClassView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn value(self) -> i64 {
        self.0.get(k::VALUE).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn global_default(self) -> bool {
        self.0.get(k::GLOBAL_DEFAULT).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn description(self) -> &'a str {
        self.0.get(k::DESCRIPTION).map_or("", Value::str_or_empty)
    }
    pub fn preemption_policy(self) -> Option<&'a str> {
        self.0.get(k::PREEMPTION_POLICY).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy)]
pub struct StorageClassView<'a>(pub &'a Value);

impl<'a> View<'a> for StorageClassView<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }
    fn value(self) -> &'a Value {
        self.0
    }
}

impl<'a> StorageClassView<'a> {
    pub fn kind(self) -> &'a str {
        self.0.get(k::KIND).map_or("", Value::str_or_empty)
    }
    pub fn api_version(self) -> &'a str {
        self.0.get(k::API_VERSION).map_or("", Value::str_or_empty)
    }
    pub fn metadata(self) -> ObjectMetaView<'a> {
        ObjectMetaView(self.0.get(k::METADATA).unwrap_or(&NULL))
    }
    pub fn provisioner(self) -> &'a str {
        self.0.get(k::PROVISIONER).map_or("", Value::str_or_empty)
    }
    pub fn parameters(self) -> MapView<'a> {
        MapView::of(self.0.get(k::PARAMETERS).unwrap_or(&NULL))
    }
    pub fn reclaim_policy(self) -> Option<&'a str> {
        self.0.get(k::RECLAIM_POLICY).and_then(Value::as_str)
    }
    pub fn mount_options(self) -> Strs<'a> {
        Strs::of(self.0.get(k::MOUNT_OPTIONS).unwrap_or(&NULL))
    }
    pub fn allow_volume_expansion(self) -> Option<bool> {
        self.0.get(k::ALLOW_VOLUME_EXPANSION).and_then(Value::as_bool)
    }
    pub fn volume_binding_mode(self) -> Option<&'a str> {
        self.0.get(k::VOLUME_BINDING_MODE).and_then(Value::as_str)
    }
    pub fn allowed_topologies(self) -> Views<'a, TopologySelectorTermView<'a>> {
        Views::of(self.0.get(k::ALLOWED_TOPOLOGIES).unwrap_or(&NULL))
    }
}
