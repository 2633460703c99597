//! Ready mappings of brokers: their columns, their words, and where they depart from the rule.

pub(crate) mod degiro;
pub(crate) mod degiro_words;
pub(crate) mod fidelity;
pub(crate) mod schwab;
pub(crate) mod trade_republic;
pub(crate) mod trading_212;
