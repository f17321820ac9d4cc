//! Updates of single items: each sets attributes, if the item is of no later version and a condition holds.

use super::{
    Ledger,
    item::{Assigned, Item},
};
use crate::runtime::error::Error;
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use metrics_lib::contract::ledger::{PARTITION_KEY, SORT_KEY};

/// An update of one item.
pub(super) struct ItemUpdate {
    request: UpdateItemFluentBuilder,
    condition: Option<&'static str>,
}

/// What an update led to.
pub(super) enum Updated {
    /// The attributes are set.
    Yes,
    /// The condition did not hold, and nothing is set. The item as it is; without attributes, if there is none.
    No(Item),
}

impl Ledger {
    /// An update that sets attributes of an item, whatever they are called.
    pub(super) fn set(&self, partition: &str, sort: &str, attributes: Item) -> ItemUpdate {
        let Assigned { expression, names, values } = attributes.assigned();
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PARTITION_KEY, AttributeValue::S(partition.into()))
            .key(SORT_KEY, AttributeValue::S(sort.into()))
            .update_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        ItemUpdate { request, condition: None }
    }
}

impl ItemUpdate {
    /// Sets the attributes only if a condition holds.
    pub(super) fn only_if(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// What a placeholder of the condition stands for: the name of an attribute.
    pub(super) fn with_name(mut self, placeholder: &str, name: impl Into<String>) -> Self {
        self.request = self.request.expression_attribute_names(placeholder, name);
        self
    }

    /// What a placeholder of the condition stands for: a text.
    pub(super) fn with_text(mut self, placeholder: impl Into<String>, text: impl Into<String>) -> Self {
        self.request = self.request.expression_attribute_values(placeholder, AttributeValue::S(text.into()));
        self
    }

    /// Sends the update.
    ///
    /// # Errors
    /// [`Error::LedgerVersion`] for an item of a later version, [`Error::Ledger`] for one without any, [`Error::Aws`].
    pub(super) async fn send(self) -> Result<Updated, Error> {
        let request = self.request.condition_expression(Assigned::condition(self.condition));
        let Err(error) = request.send().await else { return Ok(Updated::Yes) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Updated::No(failed.item.clone().map(Item::read).transpose()?.unwrap_or_default()))
            }
            _ => Err(Error::aws("dynamodb:UpdateItem")(error)),
        }
    }

    /// Sends the update; whether its condition held.
    ///
    /// # Errors
    /// Those of [`Self::send`].
    pub(super) async fn made(self) -> Result<bool, Error> {
        Ok(matches!(self.send().await?, Updated::Yes))
    }
}
