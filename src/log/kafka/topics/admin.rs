//! Asks a cluster for its topics and makes them as planned.
//!
//! It must never drop a setting that somebody else made: the client can only replace all settings of a topic, so
//! what is there is sent again with what changes.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigResource, ConfigSource, NewTopic,
    OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{Existing, SettingChange, TopicAction, TopicOptions, TopicPlan, plan_one, table};
use crate::log::LogError;
use crate::log::kafka::client::{ClientLog, REQUEST_TIMEOUT, admin_config};

/// An administrator of one cluster.
pub struct TopicAdmin {
    client: AdminClient<ClientLog>,
    runtime: tokio::runtime::Runtime,
}

impl TopicAdmin {
    /// A client for these brokers with these librdkafka properties; it connects when first asked.
    ///
    /// # Errors
    /// `Fatal` when a property is refused.
    pub fn new(brokers: &str, extra: &BTreeMap<String, String>) -> Result<Self, LogError> {
        let doing = "creating an admin client";
        let client = admin_config(brokers, extra)
            .create_with_context(ClientLog::new("admin"))
            .map_err(|error| LogError::Fatal { doing, cause: error.to_string() })?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| LogError::Fatal { doing, cause: error.to_string() })?;
        Ok(Self { client, runtime })
    }

    /// What is to be done to each topic of the table, in its order.
    ///
    /// # Errors
    /// When the cluster is out of reach or refuses to tell.
    pub fn plan(&self, options: &TopicOptions) -> Result<Vec<TopicPlan>, LogError> {
        let metadata = self
            .client
            .inner()
            .fetch_metadata(None, REQUEST_TIMEOUT)
            .map_err(|error| retriable("reading metadata", &error))?;
        let specs = table(options, metadata.brokers().len());
        let mut existing: BTreeMap<String, Existing> = BTreeMap::new();
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            let count = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
            let replication = topic.partitions().first().map_or(0, |partition| count(partition.replicas().len()));
            let found = Existing { partitions: count(topic.partitions().len()), replication, ..Existing::default() };
            existing.insert(topic.name().to_owned(), found);
        }
        let wanted: Vec<&str> =
            specs.iter().map(|spec| spec.name.as_str()).filter(|name| existing.contains_key(*name)).collect();
        for (name, entries) in self.settings(&wanted)? {
            if let Some(found) = existing.get_mut(&name) {
                let value = |entry: ConfigEntry| (entry.name, entry.value.unwrap_or_default());
                found.settings = entries.into_iter().map(value).collect();
            }
        }
        Ok(specs.iter().map(|spec| plan_one(spec, existing.get(&spec.name))).collect())
    }

    /// Does what was planned with these options, and waits until the brokers show it: they take changes over one by
    /// one. A topic that somebody else made meanwhile is no error.
    ///
    /// # Errors
    /// With the first topic that the cluster refused; `Retriable` when a change does not show in time.
    pub fn apply(&self, options: &TopicOptions, plans: &[TopicPlan]) -> Result<(), LogError> {
        self.create(plans)?;
        self.alter(plans)?;
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            let Some(open) = self.plan(options)?.into_iter().find(TopicPlan::is_to_do) else { return Ok(()) };
            if Instant::now() >= deadline {
                let cause = format!("{} does not show its changes yet", open.topic);
                return Err(LogError::Retriable { doing: "waiting for topics", cause });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn create(&self, plans: &[TopicPlan]) -> Result<(), LogError> {
        let mut topics = Vec::new();
        for plan in plans {
            if let TopicAction::Create { partitions, replication, settings } = &plan.action {
                let mut topic = NewTopic::new(&plan.topic, *partitions, TopicReplication::Fixed(*replication));
                for (key, value) in settings {
                    topic = topic.set(key, value);
                }
                topics.push(topic);
            }
        }
        if topics.is_empty() {
            return Ok(());
        }
        let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
        for outcome in self.wait("creating topics", self.client.create_topics(&topics, &options))? {
            match outcome {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(refused("creating topics", &topic, code)),
            }
        }
        Ok(())
    }

    fn alter(&self, plans: &[TopicPlan]) -> Result<(), LogError> {
        let altered: BTreeMap<&str, &[SettingChange]> = plans
            .iter()
            .filter_map(|plan| match &plan.action {
                TopicAction::Alter { changes } => Some((plan.topic.as_str(), changes.as_slice())),
                _ => None,
            })
            .collect();
        if altered.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = altered.keys().copied().collect();
        let mut merged: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (name, entries) in self.settings(&names)? {
            let own = entries.into_iter().filter(|entry| entry.source == ConfigSource::DynamicTopic);
            merged.insert(name, own.map(|entry| (entry.name, entry.value.unwrap_or_default())).collect());
        }
        for (name, changes) in altered {
            let settings = merged.entry(name.to_owned()).or_default();
            settings.extend(changes.iter().map(|change| (change.setting.clone(), change.to.clone())));
        }
        let requests: Vec<AlterConfig<'_>> = merged.iter().map(|(name, settings)| alteration(name, settings)).collect();
        for outcome in self.wait("altering topics", self.client.alter_configs(&requests, &AdminOptions::new()))? {
            outcome.map_err(|(resource, code)| refused("altering topics", &name_of(&resource), code))?;
        }
        Ok(())
    }

    /// Settings of these topics, as they are in force.
    fn settings(&self, names: &[&str]) -> Result<Vec<(String, Vec<ConfigEntry>)>, LogError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let doing = "reading topic settings";
        let asked: BTreeSet<&str> = names.iter().copied().collect();
        let resources: Vec<ResourceSpecifier<'_>> = asked.into_iter().map(ResourceSpecifier::Topic).collect();
        let answers = self.wait(doing, self.client.describe_configs(&resources, &AdminOptions::new()))?;
        answers
            .into_iter()
            .map(|answer| match answer {
                Ok(ConfigResource { specifier, entries }) => Ok((name_of(&specifier), entries)),
                Err(code) => Err(refused(doing, "a topic", code)),
            })
            .collect()
    }

    fn wait<T>(
        &self,
        doing: &'static str,
        request: impl Future<Output = Result<T, KafkaError>>,
    ) -> Result<T, LogError> {
        self.runtime.block_on(request).map_err(|error| retriable(doing, &error))
    }
}

fn alteration<'a>(name: &'a str, settings: &'a BTreeMap<String, String>) -> AlterConfig<'a> {
    let request = AlterConfig::new(ResourceSpecifier::Topic(name));
    settings.iter().fold(request, |request, (key, value)| request.set(key, value))
}

fn name_of(resource: &OwnedResourceSpecifier) -> String {
    match resource {
        OwnedResourceSpecifier::Topic(name) | OwnedResourceSpecifier::Group(name) => name.clone(),
        OwnedResourceSpecifier::Broker(id) => format!("broker {id}"),
    }
}

fn retriable(doing: &'static str, error: &KafkaError) -> LogError {
    LogError::Retriable { doing, cause: error.to_string() }
}

fn refused(doing: &'static str, topic: &str, code: RDKafkaErrorCode) -> LogError {
    LogError::Fatal { doing, cause: format!("{topic}: {code}") }
}
