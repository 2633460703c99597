//! Securities that an import creates: private to the user, named as the file names them.

use std::collections::HashSet;

use formats::security::{NewSecurity, split_suffix};
use store::UserTransaction;
use store::queries::reference;
use store::queries::securities::{self, Identifier, SecurityFields};

use super::desk::Desk;
use crate::failure::StepError;

/// Creates what is not there yet, in the transaction of the import.
pub(crate) async fn create_securities(
    tx: &mut UserTransaction,
    desk: &Desk,
    new: &[NewSecurity],
) -> Result<(), StepError> {
    if new.is_empty() {
        return Ok(());
    }
    let exchanges: HashSet<String> = reference::exchanges(tx).await?.into_iter().map(|exchange| exchange.mic).collect();
    let user = desk.head.user_id;
    for security in new.iter().filter(|security| desk.security(security.id).is_none()) {
        let names = &security.names;
        let name: String = names.name.clone().unwrap_or_else(|| names.label()).chars().take(200).collect();
        // What has neither code nor exchange is a house, a watch, a loan.
        let has_code = names.isin.is_some() || names.figi.is_some() || names.symbol.is_some() || names.cusip.is_some();
        let kind = names.kind.unwrap_or(if has_code { "stock" } else { "private" });
        let mut fields = SecurityFields::new(name, kind, security.currency);
        let of_suffix = names.symbol.as_deref().and_then(split_suffix).map(|(_, mic)| mic.to_owned());
        let mic = names.mic.clone().or(of_suffix).filter(|mic| exchanges.contains(mic));
        fields.primary_mic.clone_from(&mic);
        let mut identifiers = Vec::new();
        let codes = [("isin", &names.isin), ("figi", &names.figi), ("cusip", &names.cusip), ("wkn", &names.wkn)];
        for (scheme, code) in codes {
            identifiers.extend(code.iter().map(|code| Identifier::new(scheme, &code.to_uppercase(), None)));
        }
        let is_short = |symbol: &&String| symbol.chars().count() <= 64;
        let symbol = names.symbol.iter().filter(is_short);
        identifiers.extend(symbol.map(|symbol| Identifier::new("symbol", &symbol.to_uppercase(), mic.as_deref())));
        securities::insert_private(tx, user, security.id, &fields, &identifiers).await?;
    }
    Ok(())
}
