//! The formats that are read: ids, names, and what an example looks like.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// The CSV of DawsOS.
    DawsosCsv,
    /// The full export of DawsOS.
    DawsosJson,
    /// Export of Ghostfolio.
    GhostfolioJson,
    /// CSV of Ghostfolio; trades of an Interactive Brokers Flex query in CSV have the same columns.
    GhostfolioCsv,
    /// CSV exports and templates of Portfolio Performance.
    PortfolioPerformanceCsv,
    /// File of Portfolio Performance in XML.
    PortfolioPerformanceXml,
    /// CSV of Wealthfolio.
    WealthfolioCsv,
    /// Journal of Beancount.
    Beancount,
    /// OFX and QFX, versions 1 and 2.
    Ofx,
    /// Flex query of Interactive Brokers in XML.
    IbkrFlexXml,
    /// Transactions of Charles Schwab.
    SchwabCsv,
    /// Transactions of Fidelity.
    FidelityCsv,
    /// Account statement of DEGIRO.
    DegiroAccountCsv,
    /// Transactions of DEGIRO.
    DegiroTransactionsCsv,
    /// History of Trading 212.
    Trading212Csv,
    /// Transactions of Trade Republic.
    TradeRepublicCsv,
    /// Any other CSV, through a mapping of its columns.
    MappedCsv,
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown format {text:?}, nearest is {nearest}")]
pub struct UnknownFormat {
    /// The text as given (at most 40 characters).
    pub text: String,
    /// The most similar format.
    pub nearest: Format,
}

impl Format {
    /// All formats, our own first.
    pub const ALL: [Format; 17] = [
        Format::DawsosCsv,
        Format::DawsosJson,
        Format::GhostfolioJson,
        Format::GhostfolioCsv,
        Format::PortfolioPerformanceCsv,
        Format::PortfolioPerformanceXml,
        Format::WealthfolioCsv,
        Format::Beancount,
        Format::Ofx,
        Format::IbkrFlexXml,
        Format::SchwabCsv,
        Format::FidelityCsv,
        Format::DegiroAccountCsv,
        Format::DegiroTransactionsCsv,
        Format::Trading212Csv,
        Format::TradeRepublicCsv,
        Format::MappedCsv,
    ];

    /// Its id on the wire.
    pub fn id(self) -> &'static str {
        match self {
            Format::DawsosCsv => "dawsos_csv",
            Format::DawsosJson => "dawsos_json",
            Format::GhostfolioJson => "ghostfolio_json",
            Format::GhostfolioCsv => "ghostfolio_csv",
            Format::PortfolioPerformanceCsv => "portfolio_performance_csv",
            Format::PortfolioPerformanceXml => "portfolio_performance_xml",
            Format::WealthfolioCsv => "wealthfolio_csv",
            Format::Beancount => "beancount",
            Format::Ofx => "ofx",
            Format::IbkrFlexXml => "ibkr_flex_xml",
            Format::SchwabCsv => "schwab_csv",
            Format::FidelityCsv => "fidelity_csv",
            Format::DegiroAccountCsv => "degiro_account_csv",
            Format::DegiroTransactionsCsv => "degiro_transactions_csv",
            Format::Trading212Csv => "trading_212_csv",
            Format::TradeRepublicCsv => "trade_republic_csv",
            Format::MappedCsv => "mapped_csv",
        }
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Format::DawsosCsv => "DawsOS CSV",
            Format::DawsosJson => "DawsOS JSON",
            Format::GhostfolioJson => "Ghostfolio JSON",
            Format::GhostfolioCsv => "Ghostfolio CSV, Interactive Brokers Flex trades CSV",
            Format::PortfolioPerformanceCsv => "Portfolio Performance CSV",
            Format::PortfolioPerformanceXml => "Portfolio Performance XML",
            Format::WealthfolioCsv => "Wealthfolio CSV",
            Format::Beancount => "Beancount journal",
            Format::Ofx => "OFX, QFX",
            Format::IbkrFlexXml => "Interactive Brokers Flex XML",
            Format::SchwabCsv => "Charles Schwab CSV",
            Format::FidelityCsv => "Fidelity CSV",
            Format::DegiroAccountCsv => "DEGIRO account CSV",
            Format::DegiroTransactionsCsv => "DEGIRO transactions CSV",
            Format::Trading212Csv => "Trading 212 CSV",
            Format::TradeRepublicCsv => "Trade Republic CSV",
            Format::MappedCsv => "CSV with a mapping of its columns",
        }
    }

    /// Media types of such files.
    pub fn media_types(self) -> &'static [&'static str] {
        match self {
            Format::DawsosJson | Format::GhostfolioJson => &["application/json"],
            Format::PortfolioPerformanceXml | Format::IbkrFlexXml => &["application/xml", "text/xml"],
            Format::Beancount => &["text/plain"],
            Format::Ofx => &["application/x-ofx", "application/vnd.intu.qfx"],
            _ => &["text/csv"],
        }
    }

    /// Whether lines have columns.
    pub fn is_delimited(self) -> bool {
        self.media_types() == ["text/csv"]
    }

    /// Columns (for delimited formats) without which a file is not of this format.
    pub fn required_columns(self) -> &'static [&'static str] {
        match self {
            Format::DawsosCsv => &crate::dawsos_csv::REQUIRED,
            Format::GhostfolioCsv => &["date", "symbol", "currency", "unitprice", "quantity", "type", "fee"],
            Format::PortfolioPerformanceCsv => &["Date", "Value"],
            Format::WealthfolioCsv => &["date", "activityType", "symbol", "quantity", "unitPrice", "currency"],
            Format::SchwabCsv => &["Date", "Action", "Symbol", "Quantity", "Price", "Amount"],
            Format::FidelityCsv => &["Run Date", "Action", "Symbol", "Quantity", "Price", "Amount"],
            Format::DegiroAccountCsv => &["Date", "Product", "ISIN", "Description", "Change"],
            Format::DegiroTransactionsCsv => &["Date", "Product", "ISIN", "Quantity", "Price"],
            Format::Trading212Csv => &["Action", "Time", "Total"],
            Format::TradeRepublicCsv => &["date", "type", "symbol", "amount", "currency"],
            _ => &[],
        }
    }

    /// A small file.
    pub fn example(self) -> &'static str {
        match self {
            Format::DawsosCsv => {
                "kind,trade_date,account,isin,quantity,price,currency,gross_amount,fees\n\
                 deposit,2024-01-02,Broker,,,,EUR,10000.00,\n\
                 buy,2024-01-03,Broker,DE000BASF111,20,48.15,EUR,,4.90\n"
            }
            Format::DawsosJson => {
                "{\"schema\":\"dawsos-export/1\",\"portfolio\":{…},\"accounts\":[…],\"securities\":[…],\"entries\":[…]}\n"
            }
            Format::GhostfolioJson => {
                "{\"activities\":[{\"symbol\":\"VTI\",\"dataSource\":\"YAHOO\",\"type\":\"BUY\",\"date\":\"2024-01-03T00:00:00.000Z\",\
                 \"quantity\":5,\"unitPrice\":235.1,\"fee\":1,\"currency\":\"USD\"}]}\n"
            }
            Format::GhostfolioCsv => {
                "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note\n03-01-2024,VTI,YAHOO,USD,235.10,5,buy,1.00,\n"
            }
            Format::PortfolioPerformanceCsv => {
                "Date;Type;Value;Transaction Currency;Gross Amount;Currency Gross Amount;Exchange Rate;Fees;Taxes;Shares;ISIN;WKN;\
                 Ticker Symbol;Security Name;Note\n2024-01-03T00:00;Buy;-967,90;EUR;;;;4,90;0,00;20;DE000BASF111;BASF11;BAS.DE;BASF SE;\n"
            }
            Format::PortfolioPerformanceXml => {
                "<client><version>70</version><baseCurrency>EUR</baseCurrency>…</client>\n"
            }
            Format::WealthfolioCsv => {
                "date,symbol,instrumentType,quantity,activityType,unitPrice,currency,fee,amount,fxRate,subtype\n\
                 2024-01-03,VTI,EQUITY,5,BUY,235.10,USD,1.00,,,\n"
            }
            Format::Beancount => {
                "2024-01-03 * \"Purchase\"\n  Assets:Broker:VTI  5 VTI {235.10 USD}\n  Expenses:Fees  1.00 USD\n  Assets:Broker:Cash\n"
            }
            Format::Ofx => "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS>…</OFX>\n",
            Format::IbkrFlexXml => {
                "<FlexQueryResponse queryName=\"all\" type=\"AF\"><FlexStatements count=\"1\">…</FlexQueryResponse>\n"
            }
            Format::SchwabCsv => {
                "\"Date\",\"Action\",\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Fees & Comm\",\"Amount\"\n\
                 \"01/03/2024\",\"Buy\",\"VTI\",\"VANGUARD TOTAL STOCK MARKET ETF\",\"5\",\"$235.10\",\"\",\"-$1175.50\"\n"
            }
            Format::FidelityCsv => {
                "Run Date,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Accrued Interest ($),Amount ($),\
                 Cash Balance ($),Settlement Date\n 01/03/2024,YOU BOUGHT VANGUARD INDEX FDS (VTI) (Cash), VTI,VANGUARD INDEX FDS,Cash,5,\
                 235.10,,,,-1175.50,824.50,01/05/2024\n"
            }
            Format::DegiroAccountCsv => {
                "Date,Time,Value date,Product,ISIN,Description,FX,Change,,Balance,,Order Id\n\
                 03-01-2024,09:05,03-01-2024,BASF SE,DE000BASF111,\"Buy 20 BASF SE@48,15 EUR (DE000BASF111)\",,EUR,\"-963,00\",EUR,\"37,00\",a1\n"
            }
            Format::DegiroTransactionsCsv => {
                "Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value,,Exchange rate,\
                 Transaction and/or third party fees,,Total,,Order ID\n\
                 03-01-2024,09:05,BASF SE,DE000BASF111,XET,XETA,20,\"48,15\",EUR,\"-963,00\",EUR,\"-963,00\",EUR,,\"-4,90\",EUR,\"-967,90\",EUR,a1\n"
            }
            Format::Trading212Csv => {
                "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),ID\n\
                 Market buy,2024-01-03 09:05:00,DE000BASF111,BAS,BASF,20,48.15,EUR,1,963.00,EUR,EOF1\n"
            }
            Format::TradeRepublicCsv => {
                "datetime;date;account_type;category;type;asset_class;name;symbol;shares;price;amount;fee;tax;currency;transaction_id\n\
                 2024-01-03T09:05:00.000000Z;2024-01-03;DEFAULT;TRADING;BUY;STOCK;BASF;DE000BASF111;20;48.15;-963.00;-1.00;;EUR;a1\n"
            }
            Format::MappedCsv => {
                "Buchungstag;Umsatz;Wertpapier;Stück;Kurs;Betrag\n03.01.2024;Kauf;DE000BASF111;20;48,15;-963,00\n"
            }
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads an id.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        if let Some(format) = Format::ALL.into_iter().find(|format| format.id() == text) {
            return Ok(format);
        }
        let wanted: String = text.chars().take(40).flat_map(char::to_lowercase).collect();
        let score = |format: &Format| strsim::normalized_damerau_levenshtein(&wanted, format.id());
        let nearest = Format::ALL.into_iter().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap_or(Format::MappedCsv);
        Err(UnknownFormat { text: text.chars().take(40).collect(), nearest })
    }
}
