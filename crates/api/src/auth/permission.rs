//! Roles and what each may do. Invariant: roles are ordered, and each has every permission of those below it.

use std::fmt;
use std::str::FromStr;

macro_rules! permissions {
    ($($(#[$meta:meta])* $variant:ident = $name:literal from $role:ident;)+) => {
        /// A permission, named as in patterns' `rights_required`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$meta])* $variant,)+
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Wire name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The lowest role that has it.
            #[must_use]
            pub fn lowest_role(self) -> Role {
                match self { $(Self::$variant => Role::$role),+ }
            }
        }
    };
}

permissions! {
    /// See own and shared portfolios.
    PortfolioRead = "portfolio_read" from Viewer;
    /// See positions.
    PositionRead = "position_read" from Viewer;
    /// See reports.
    ReportRead = "report_read" from Viewer;
    /// See macro series.
    MacroDataRead = "macro_data_read" from Viewer;
    /// See fundamentals.
    FundamentalsRead = "fundamentals_read" from Viewer;
    /// See news.
    NewsRead = "news_read" from Viewer;
    /// Write documents of what one may see.
    ExportPdf = "export_pdf" from Viewer;
    /// Change own portfolios, accounts, transactions, imports, policies.
    PortfolioWrite = "portfolio_write" from User;
    /// Change own alerts.
    AlertsWrite = "alerts_write" from User;
    /// Run analytics.
    AnalyticsRead = "analytics_read" from User;
    /// Run scenarios.
    ScenarioAnalysis = "scenario_analysis" from User;
    /// Ask the assistant.
    AiUse = "ai_use" from User;
    /// Export CSV.
    ExportCsv = "export_csv" from User;
    /// Export XLSX.
    ExportXlsx = "export_xlsx" from User;
    /// Share an own portfolio.
    PortfolioShare = "portfolio_share" from User;
    /// Manage the portfolios of one's group.
    ManagePortfolios = "manage_portfolios" from Manager;
    /// Manage the alerts of one's group.
    ManageAlerts = "manage_alerts" from Manager;
    /// Invite viewers.
    ViewerInvite = "viewer_invite" from Manager;
    /// Change patterns.
    PatternWrite = "pattern_write" from Manager;
    /// Change shared scenarios, benchmarks, playbooks.
    LibraryWrite = "library_write" from Manager;
    /// See how the server does.
    OpsRead = "ops_read" from Manager;
    /// Build and restate pricing packs.
    PacksWrite = "packs_write" from Admin;
    /// Change shared securities and their data.
    SecuritiesWrite = "securities_write" from Admin;
    /// Change the rights registry.
    RightsWrite = "rights_write" from Admin;
    /// Change rating rubrics.
    RubricsWrite = "rubrics_write" from Admin;
    /// Manage users.
    UsersWrite = "users_write" from Admin;
    /// Change system settings.
    SettingsWrite = "settings_write" from Admin;
    /// Set provider keys.
    ProviderKeys = "provider_keys" from Admin;
    /// Operate the server.
    OpsWrite = "ops_write" from Admin;
    /// Read the whole audit log.
    AuditRead = "audit_read" from Admin;
}

/// A user's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees what is shared.
    Viewer,
    /// Keeps own books.
    User,
    /// Manages a group.
    Manager,
    /// Administers the installation; sees no one's books by that.
    Admin,
}

impl Role {
    /// Every role, lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::User, Self::Manager, Self::Admin];

    /// Stored and wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::User => "USER",
            Self::Manager => "MANAGER",
            Self::Admin => "ADMIN",
        }
    }

    /// Whether the role has a permission.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        permission.lowest_role() <= self
    }

    /// Names of all permissions of the role.
    #[must_use]
    pub fn permission_names(self) -> Vec<String> {
        Permission::ALL.iter().filter(|p| self.may(**p)).map(|p| p.name().to_owned()).collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A role name that is not known.
#[derive(Debug, thiserror::Error)]
#[error("unknown role {0}")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|r| r.name() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_all_of_the_one_below() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(!pair[0].may(*permission) || pair[1].may(*permission));
            }
            assert!(pair[0].permission_names().len() < pair[1].permission_names().len());
        }
    }

    #[test]
    fn the_table_of_the_manual_holds() {
        let rows = [
            (Permission::PortfolioRead, [true, true, true, true]),
            (Permission::PortfolioWrite, [false, true, true, true]),
            (Permission::OpsRead, [false, false, true, true]),
            (Permission::PacksWrite, [false, false, false, true]),
        ];
        for (permission, expected) in rows {
            assert_eq!(Role::ALL.map(|r| r.may(permission)), expected, "{permission:?}");
        }
    }
}
