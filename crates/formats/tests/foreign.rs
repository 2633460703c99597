//! Files of other programs: each sample is read into exactly these rows.
//!
//! A row is shown as `line kind date [quantity x price] net currency [what else]`; `!code`, `-` and `?` stand for a
//! problem, an ignored line and something that books do not hold.

use dates::Date;
use formats::{AccountName, Choice, Directory, Format, Mapping, Options, Outcome, Reading, SecurityName};
use ledger::{Payload, Resolver};
use money::{Currency, Decimal};
use serde_json::json;
use uuid::Uuid;

struct Rates;

impl Resolver for Rates {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, _: Currency, _: Date) -> Option<Decimal> {
        Some(Decimal::ONE)
    }
}

fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

fn security(symbol: &str, mic: &str, isin: &str, currency: Currency) -> SecurityName {
    SecurityName {
        id: id(&format!("{mic}:{symbol}")),
        name: format!("{symbol} plc"),
        symbol: Some(symbol.to_owned()),
        mic: Some(mic.to_owned()),
        isin: Some(isin.to_owned()),
        figi: None,
        currency: Some(currency),
    }
}

fn directory() -> Directory {
    let accounts = vec![AccountName { id: id("Main"), name: "Main".to_owned() }];
    Directory::new(
        accounts,
        vec![
            security("AAPL", "XNAS", "US0378331005", Currency::USD),
            security("BAS", "XETR", "DE000BASF111", Currency::EUR),
            security("VOD", "XLON", "GB00BH4HKS39", Currency::GBX),
        ],
    )
}

fn read(text: &str, options: Options<'_>) -> Reading {
    formats::read(text.as_bytes(), &options, &directory())
}

fn shown(reading: &Reading) -> Vec<String> {
    let mut rows = Vec::new();
    for row in &reading.rows {
        let text = match &row.outcome {
            Outcome::Problems(problems) => {
                let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
                format!("!{}", codes.join(","))
            }
            Outcome::NotSupported(_) => "?".to_owned(),
            Outcome::Ignored(_) => "-".to_owned(),
            Outcome::Draft(draft) => match draft.complete(&Rates) {
                Err(problems) => {
                    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
                    format!("!{}", codes.join(","))
                }
                Ok(entry) => {
                    let Payload::Transaction(payload) = &entry.payload else { panic!("a transaction") };
                    let date = payload.trade_date.unwrap_or(entry.effective_on);
                    let units = payload.quantity.map_or(String::new(), |quantity| {
                        format!(" {}x{}", quantity, payload.price.unwrap_or_default())
                    });
                    let ratio = payload.ratio.map_or(String::new(), |ratio| format!(" {ratio}"));
                    let counter = payload.counter_currency.zip(payload.counter_amount);
                    let counter =
                        counter.map_or(String::new(), |(currency, amount)| format!(" -> {amount} {currency}"));
                    format!("{} {date}{units}{ratio} {} {}{counter}", entry.kind, payload.net_amount, payload.currency)
                }
            },
        };
        rows.push(format!("{} {text}", row.line));
    }
    rows
}

#[track_caller]
fn check(text: &str, format: Format, expected: &[&str]) {
    let reading = read(text, Options { creates_unknown: true, ..Options::default() });
    assert_eq!(reading.detected.format, Some(format), "{:?} {:?}", reading.problems, reading.columns);
    assert_eq!(reading.problems, vec![], "problems of the file");
    assert_eq!(shown(&reading), expected);
}

#[test]
fn schwab() {
    check(
        "\"Transactions for account XXX as of 05/01/2024\"\n\
         \"Date\",\"Action\",\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Fees & Comm\",\"Amount\"\n\
         \"04/02/2024\",\"Stock Split\",\"AAPL\",\"APPLE INC\",\"30\",\"\",\"\",\"\"\n\
         \"04/01/2024\",\"Buy to Open\",\"AAPL  240419C00200000\",\"CALL\",\"1\",\"$1.00\",\"$0.65\",\"-$100.65\"\n\
         \"03/29/2024\",\"Sell\",\"AAPL\",\"APPLE INC\",\"2.5\",\"$171.48\",\"$0.01\",\"$428.69\"\n\
         \"03/28/2024 as of 03/27/2024\",\"Credit Interest\",\"\",\"SCHWAB1 INT\",\"\",\"\",\"\",\"$0.09\"\n\
         \"03/27/2024\",\"NRA Withholding\",\"AAPL\",\"APPLE INC\",\"\",\"\",\"\",\"-$0.36\"\n\
         \"03/27/2024\",\"Qualified Dividend\",\"AAPL\",\"APPLE INC\",\"\",\"\",\"\",\"$2.40\"\n\
         \"03/26/2024\",\"Stock Merger\",\"AAPL\",\"APPLE INC\",\"-1\",\"\",\"\",\"\"\n\
         \"03/25/2024\",\"Buy\",\"AAPL\",\"APPLE INC\",\"12.5\",\"$170.00\",\"$1.00\",\"($2,126.00)\"\n\
         \"03/22/2024\",\"Wire Received\",\"\",\"WIRED FUNDS\",\"\",\"\",\"\",\"$5,000.00\"\n\
         \"03/22/2024\",\"Dance\",\"\",\"?\",\"\",\"\",\"\",\"$1.00\"\n\
         \"Transactions Total\",\"\",\"\",\"\",\"\",\"\",\"\",\"$3,203.52\"\n",
        Format::SchwabCsv,
        &[
            "13 -",
            "12 !unknown_kind",
            "11 deposit 2024-03-22 5000 USD",
            "10 buy 2024-03-25 12.5x170 -2126 USD",
            "9 !needs_details",
            "8 dividend 2024-03-27 2.4 USD",
            "7 tax 2024-03-27 -0.36 USD",
            "6 interest 2024-03-28 0.09 USD",
            "5 sell 2024-03-29 2.5x171.48 428.69 USD",
            "4 ?",
            "3 split 2024-04-02 4:1 0 USD",
            "1 -",
        ],
    );
}

#[test]
fn fidelity_by_name_in_either_order_of_columns() {
    let old = "\n\nBrokerage\n\nRun Date,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Accrued Interest ($),Amount ($),Cash Balance ($),Settlement Date\n \
        01/05/2024,\"DIVIDEND RECEIVED APPLE INC (AAPL) (Cash)\", AAPL,\"APPLE INC\",Cash,0.000,,,,,2.40,100,\n \
        01/03/2024,\"YOU BOUGHT APPLE INC (AAPL) (Cash)\", AAPL,\"APPLE INC\",Cash,5,180.5,1,0.02,,-903.52,100,01/05/2024\n \
        01/02/2024,\"YOU BOUGHT OPENING TRANSACTION CALL (AAPL)\", -AAPL260117C200,\"CALL\",Cash,1,2,0.65,,,-200.65,100,\n \
        01/02/2024,\"Electronic Funds Transfer Received (Cash)\", ,\"No Description\",Cash,0.000,,,,,1000,100,\n\n\
        \"The data and information in this spreadsheet is provided to you solely for your use\"\n";
    let expected = [
        "10 -",
        "9 deposit 2024-01-02 1000 USD",
        "8 ?",
        "7 buy 2024-01-03 5x180.5 -903.52 USD",
        "6 dividend 2024-01-05 2.4 USD",
        "3 -",
    ];
    let reading = read(old, Options::default());
    assert_eq!(reading.detected.format, Some(Format::FidelityCsv));
    let mut rows = shown(&reading);
    // The disclaimer stands on a line of its own, wherever blank lines put it.
    rows.retain(|row| !row.ends_with(" -"));
    assert_eq!(
        rows,
        expected.iter().filter(|row| !row.ends_with(" -")).map(|row| (*row).to_owned()).collect::<Vec<_>>()
    );
    let new = "Run Date,Action,Symbol,Description,Type,Price ($),Quantity,Commission ($),Fees ($),Accrued Interest ($),Amount ($),Settlement Date\n\
        01/03/2024,YOU SOLD APPLE INC (AAPL) (Cash),AAPL,APPLE INC,Cash,200,-2,,0.01,,399.99,01/05/2024\n";
    check(new, Format::FidelityCsv, &["2 sell 2024-01-03 2x200 399.99 USD"]);
}

#[test]
fn degiro_account_in_two_languages() {
    check(
        "Datum,Tijd,Valutadatum,Product,ISIN,Omschrijving,FX,Mutatie,,Saldo,,Order Id\n\
         05-01-2024,09:00,05-01-2024,APPLE INC,US0378331005,Dividendbelasting,,USD,\"-0,36\",USD,\"2,04\",\n\
         05-01-2024,09:00,05-01-2024,APPLE INC,US0378331005,Dividend,,USD,\"2,40\",USD,\"2,40\",\n\
         04-01-2024,10:00,04-01-2024,,,flatex Cash Sweep Transfer,,EUR,\"-10,00\",EUR,\"0,00\",\n\
         03-01-2024,09:05,03-01-2024,APPLE INC,US0378331005,Valuta Creditering,\"1,0950\",USD,\"1805,00\",USD,\"0,00\",aaaa-1111-bbbb\n\
         03-01-2024,09:05,03-01-2024,APPLE INC,US0378331005,Valuta Debitering,,EUR,\"-1648,40\",EUR,\"0,00\",aaaa-1111-bbbb\n\
         03-01-2024,09:05,03-01-2024,APPLE INC,US0378331005,\"Koop 10 Apple Inc@180,5 USD (US0378331005)\",,USD,\"-1805,00\",USD,\"0,00\",aaaa-1111-bbbb\n\
         03-01-2024,09:01,03-01-2024,BASF SE,DE000BASF111,DEGIRO Transactiekosten en/of kosten van derden,,EUR,\"-4,90\",EUR,\"0,00\",cccc-2222-dddd\n\
         03-01-2024,09:01,03-01-2024,BASF SE,DE000BASF111,\"Koop 20 BASF SE@48,15 EUR (DE000BASF111)\",,EUR,\"-963,00\",EUR,\"0,00\",cccc-2222-dddd\n\
         02-01-2024,08:00,02-01-2024,,,iDEAL Deposit,,EUR,\"3.000,00\",EUR,\"3.000,00\",\n",
        Format::DegiroAccountCsv,
        &[
            "10 deposit 2024-01-02 3000 EUR",
            "9 buy 2024-01-03 20x48.15 -967.9 EUR",
            "8 -",
            "7 buy 2024-01-03 10x180.5 -1805 USD",
            "6 fx 2024-01-03 -1648.4 EUR -> 1805 USD",
            "5 -",
            "4 -",
            "3 dividend 2024-01-05 2.4 USD",
            "2 tax 2024-01-05 -0.36 USD",
        ],
    );
    check(
        "Datum,Uhrzeit,Valuta,Produkt,ISIN,Beschreibung,FX,Änderung,,Saldo,,Order-ID\n\
         03-01-2024,09:01,03-01-2024,BASF SE,DE000BASF111,\"Verkauf 5 BASF SE@50 EUR (DE000BASF111)\",,EUR,\"250,00\",EUR,\"0,00\",cccc-2222-dddd\n\
         03-01-2024,09:01,03-01-2024,,,Etwas Neues,,EUR,\"1,00\",EUR,\"0,00\",\n",
        Format::DegiroAccountCsv,
        &["2 sell 2024-01-03 5x50 250 EUR", "3 !unknown_kind"],
    );
}

#[test]
fn degiro_transactions_old_and_new() {
    check(
        "Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value,,Exchange rate,Transaction and/or third party fees,,Total,,Order ID\n\
         03-01-2024,09:05,BASF SE,DE000BASF111,XET,XETA,20,\"48,15\",EUR,\"-963,00\",EUR,\"-963,00\",EUR,,\"-4,90\",EUR,\"-967,90\",EUR,cccc-2222-dddd\n\
         04-01-2024,16:05,APPLE INC,US0378331005,NDQ,XNAS,-10,\"200,00\",USD,\"2000,00\",USD,\"1800,00\",EUR,\"1,1111\",\"-2,00\",EUR,\"1798,00\",EUR,eeee-3333-ffff\n",
        Format::DegiroTransactionsCsv,
        &[
            "2 buy 2024-01-03 20x48.15 -967.9 EUR",
            "3 sell 2024-01-04 10x200 1997.78 USD",
            "3 fx 2024-01-04 -1997.78 USD -> 1798 EUR",
        ],
    );
    check(
        "Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value EUR,Exchange rate,AutoFX Fee,Transaction and/or third party fees EUR,Total EUR,Order ID,\n\
         04-01-2024,16:05,APPLE INC,US0378331005,NDQ,XNAS,10,\"180,00\",USD,\"-1800,00\",USD,\"-1650,00\",\"1,0909\",\"-4,00\",\"-2,00\",\"-1656,00\",,eeee-3333-ffff\n\
         04-01-2024,16:05,APPLE INC,US0378331005,NDQ,XNAS,10,\"180,00\",USD,\"-1800,00\",USD,\"-1650,00\",\"1,0909\",\"-4,00\",\"-2,00\",\"-1656,00\",eeee-3333-ffff\n",
        Format::DegiroTransactionsCsv,
        // Two fills of one order that say the same are two transactions.
        &[
            "2 fx 2024-01-04 -1656 EUR -> 1806.55 USD",
            "2 buy 2024-01-04 10x180 -1806.55 USD",
            "3 fx 2024-01-04 -1656 EUR -> 1806.55 USD",
            "3 buy 2024-01-04 10x180 -1806.55 USD",
        ],
    );
}

#[test]
fn trading_212_with_pence_and_exchange() {
    check(
        "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),Withholding tax,Currency (Withholding tax),Notes,ID,Currency conversion fee,Currency (Currency conversion fee),Stamp duty reserve tax,Currency (Stamp duty reserve tax)\n\
         Deposit,2024-01-02 08:00:00,,,,,,,,1000.00,GBP,,,Bank,D1,,,,\n\
         Market buy,2024-01-03 09:00:00,GB00BH4HKS39,VOD,Vodafone,100,68.50,GBX,1,68.84,GBP,,,,EOF1,,,0.34,GBP\n\
         Limit buy,2024-01-04 15:00:00,US0378331005,AAPL,Apple,2,180.00,USD,1.25,288.43,GBP,,,,EOF2,0.43,GBP,,\n\
         Dividend (Ordinary),2024-02-01 00:00:00,US0378331005,AAPL,Apple,2,0.2040,USD,Not available,0.33,GBP,0.00,USD,,,,,,\n\
         Interest on cash,2024-02-02 00:00:00,,,,,,,,0.10,GBP,,,,I1,,,,\n\
         Stock split close,2024-03-01 00:00:00,US0378331005,AAPL,Apple,2,180,USD,,,,,,,S1,,,,\n\
         Stock split open,2024-03-01 00:00:00,US0378331005,AAPL,Apple,8,45,USD,,,,,,,S2,,,,\n\
         Withdrawal,2024-03-02 00:00:00,,,,,,,,-50.00,GBP,,,,W1,,,,\n",
        Format::Trading212Csv,
        &[
            "2 deposit 2024-01-02 1000 GBP",
            "3 buy 2024-01-03 100x0.685 -68.84 GBP",
            "4 fx 2024-01-04 -288.43 GBP -> 360.54 USD",
            "4 buy 2024-01-04 2x180 -360.54 USD",
            "5 dividend 2024-02-01 0.33 GBP",
            "6 interest 2024-02-02 0.1 GBP",
            "7 -",
            "8 split 2024-03-01 4:1 0 GBP",
            "9 withdrawal 2024-03-02 -50 GBP",
        ],
    );
}

#[test]
fn trade_republic() {
    let header = "datetime;date;account_type;category;type;asset_class;name;symbol;shares;price;amount;fee;tax;currency;original_amount;original_currency;fx_rate;description;transaction_id;value_date\n";
    let body = "2024-01-02T08:00:00.000000Z;2024-01-02;DEFAULT;CASH;CUSTOMER_INPAYMENT;;;;;;352.45;-2.45;;EUR;;;;;t1;2024-01-02\n\
        2024-01-03T08:00:00.000000Z;2024-01-03;DEFAULT;TRADING;BUY;STOCK;BASF;DE000BASF111;4.0000000000;48.15;-192.60;-1.00;;EUR;;;;BUY;t2;2024-01-05\n\
        2024-02-03T08:00:00.000000Z;2024-02-03;DEFAULT;CASH;DIVIDEND;STOCK;BASF;DE000BASF111;4.0;;13.60;;-3.59;EUR;;;;;t3;2024-02-03\n\
        2024-02-04T08:00:00.000000Z;2024-02-04;DEFAULT;CASH;DIVIDEND;STOCK;BASF;DE000BASF111;4.0;;-13.60;;3.59;EUR;;;;;t4;2024-02-04\n\
        2024-02-05T08:00:00.000000Z;2024-02-05;DEFAULT;CORPORATE_ACTION;SPLIT;STOCK;BASF;DE000BASF111;4.0;;;;;;;;;;t5;2024-02-05\n\
        2024-02-06T08:00:00.000000Z;2024-02-06;DEFAULT;TRADING;BUY;DERIVATIVE;Short;DE000HS88LK3;100;0.1;-10.00;-1.00;;EUR;;;;;t6;\n\
        2024-02-07T08:00:00.000000Z;2024-02-07;DEFAULT;CASH;CARD_TRANSACTION;;;;;;-12.30;;;EUR;;;;;t7;\n";
    check(
        &format!("{header}{body}"),
        Format::TradeRepublicCsv,
        &[
            "2 deposit 2024-01-02 350 EUR",
            "3 buy 2024-01-03 4x48.15 -193.6 EUR",
            "4 dividend 2024-02-03 10.01 EUR",
            "5 interest 2024-02-04 -10.01 EUR",
            "6 split 2024-02-05 2:1 0 EUR",
            "7 ?",
            "8 withdrawal 2024-02-07 -12.3 EUR",
        ],
    );
}

#[test]
fn ghostfolio_json_and_csv() {
    check(
        r#"{"meta":{"date":"2024-01-01T00:00:00.000Z","version":"3"},
 "accounts":[{"id":"a1","name":"Main","currency":"USD","platformId":null,"comment":null,"balances":[]}],
 "assetProfiles":[{"symbol":"7e91","dataSource":"MANUAL","name":"A house","currency":"EUR"}],
 "activities":[
  {"accountId":"a1","comment":"first","fee":1.5,"quantity":5,"type":"BUY","unitPrice":180.1,"currency":"USD","dataSource":"YAHOO","date":"2024-01-03T00:00:00.000Z","symbol":"AAPL","tags":[]},
  {"accountId":"a1","fee":0,"quantity":5,"type":"DIVIDEND","unitPrice":0.24,"currency":"USD","dataSource":"YAHOO","date":"2024-02-03T00:00:00.000Z","symbol":"AAPL"},
  {"accountId":null,"fee":0,"quantity":1,"type":"BUY","unitPrice":300000,"currency":"EUR","dataSource":"MANUAL","date":"2024-02-04T00:00:00.000Z","symbol":"7e91"},
  {"fee":12,"quantity":0,"type":"FEE","unitPrice":0,"currency":"EUR","date":"2024-02-05T00:00:00.000Z","symbol":"fees"},
  {"fee":0,"quantity":1,"type":"INTEREST","unitPrice":3.2,"currency":"EUR","date":"2024-02-06T00:00:00.000Z"},
  {"fee":0,"quantity":1,"type":"LIABILITY","unitPrice":100,"currency":"EUR","date":"2024-02-07T00:00:00.000Z"},
  {"fee":0,"quantity":"x","type":"BUY","unitPrice":1,"currency":"EUR","date":"yesterday","symbol":"AAPL"}
 ]}"#,
        Format::GhostfolioJson,
        &[
            "5 buy 2024-01-03 5x180.1 -902 USD",
            "6 dividend 2024-02-03 5x0.24 1.2 USD",
            "7 buy 2024-02-04 1x300000 -300000 EUR",
            "8 fee 2024-02-05 -12 EUR",
            "9 interest 2024-02-06 3.2 EUR",
            "10 ?",
            "11 !bad_date,bad_number",
        ],
    );
    check(
        "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note\n\
         16-09-2021,AAPL,YAHOO,USD,298.580,5,buy,19.00,My first order\n\
         17/11/2021,AAPL,YAHOO,USD,0.62,5,dividend,0.00,\n\
         01.01.2022,House,MANUAL,EUR,500000.0,1,buy,0.00,\n\
         20220606,AAPL,YAHOO,USD,0.00,0,buy,0.00,\n\
         16/09/21,AAPL,YAHOO,USD,298.580,5,buy,19.00,\n",
        Format::GhostfolioCsv,
        &[
            "2 buy 2021-09-16 5x298.58 -1511.9 USD",
            "3 dividend 2021-11-17 5x0.62 3.1 USD",
            "4 buy 2022-01-01 1x500000 -500000 EUR",
            "5 -",
            "6 !bad_date",
        ],
    );
}

#[test]
fn interactive_brokers_csv() {
    check(
        "\"Buy/Sell\",\"TradeDate\",\"ISIN\",\"Quantity\",\"TradePrice\",\"TradeMoney\",\"CurrencyPrimary\",\"IBCommission\",\"IBCommissionCurrency\"\n\
         \"BUY\",\"20240103\",\"US0378331005\",\"17\",\"204.3473\",\"3473.9041\",\"USD\",\"-1\",\"USD\"\n",
        Format::GhostfolioCsv,
        &["2 buy 2024-01-03 17x204.3473 -3474.9041 USD"],
    );
}

#[test]
fn portfolio_performance_in_languages() {
    check(
        "Datum;Typ;Wert;Buchungswährung;Bruttobetrag;Währung Bruttobetrag;Wechselkurs;Gebühren;Steuern;Stück;ISIN;WKN;Ticker-Symbol;Wertpapiername;Notiz\r\n\
         2024-01-02T00:00;Einlage;5.000,00;EUR;;;;;;;;;;;\r\n\
         2024-01-03T09:05;Kauf;-967,90;EUR;;;;4,90;0,00;20;DE000BASF111;BASF11;BAS.DE;BASF SE;\r\n\
         2024-02-03T00:00;Dividende;50,00;EUR;;;;0,00;18,00;20;DE000BASF111;BASF11;BAS.DE;BASF SE;\r\n\
         2024-02-04T00:00;Zinsbelastung;-1,20;EUR;;;;;;;;;;;\r\n\
         2024-02-05T00:00;Gebühren;-3,00;EUR;;;;;;;;;;;\r\n\
         2024-02-06T00:00;Gebührenerstattung;3,00;EUR;;;;;;;;;;;\r\n\
         2024-02-07T00:00;Verkauf;510,00;EUR;;;;5,00;10,00;10;DE000BASF111;BASF11;BAS.DE;BASF SE;\r\n\
         2024-02-08T00:00;Tausch;510,00;EUR;;;;;;;;;;;\r\n",
        Format::PortfolioPerformanceCsv,
        &[
            "2 deposit 2024-01-02 5000 EUR",
            "3 buy 2024-01-03 20x48.15 -967.9 EUR",
            "4 dividend 2024-02-03 50 EUR",
            "5 interest 2024-02-04 -1.2 EUR",
            "6 fee 2024-02-05 -3 EUR",
            "7 interest 2024-02-06 3 EUR",
            "8 sell 2024-02-07 10x52.5 510 EUR",
            "9 !unknown_kind",
        ],
    );
    check(
        "Date,Type,Valeur,Devise de l'opération,Montant brut,Montant brut en devise,Taux de change,Frais,Impôts / Taxes,Parts,ISIN,WKN,Symbole boursier,Nom du titre,Note\n\
         2024-01-03T00:00,Achat,\"967,90\",EUR,,,,\"4,90\",\"0,00\",20,DE000BASF111,,,BASF,\n\
         2024-01-04T00:00,Distribution (Entrante),\"100,00\",EUR,,,,,,2,DE000BASF111,,,BASF,\n",
        Format::PortfolioPerformanceCsv,
        &["2 buy 2024-01-03 20x48.15 -967.9 EUR", "3 transfer_in 2024-01-04 2x50 0 EUR"],
    );
    // A language without a list of titles: the fifteen columns of an export by their place.
    check(
        "Дата;Тип;Сумма;Валюта;a;b;c;Сборы;Налоги;Акции;ISIN;WKN;Тикер;Название;Заметка\n\
         2024-01-03T00:00;Покупка;967,90;EUR;;;;4,90;0,00;20;DE000BASF111;;;BASF;\n",
        Format::PortfolioPerformanceCsv,
        &["2 buy 2024-01-03 20x48.15 -967.9 EUR"],
    );
    // Without types: a security and money in is a dividend, money out a removal.
    check(
        "Date,Value,Transaction Currency,ISIN,WKN,Note\n2024-01-03,12.50,EUR,DE000BASF111,,\n2024-01-04,100,EUR,,,\n2024-01-05,-30,EUR,,,\n",
        Format::PortfolioPerformanceCsv,
        &["2 dividend 2024-01-03 12.5 EUR", "3 deposit 2024-01-04 100 EUR", "4 withdrawal 2024-01-05 -30 EUR"],
    );
    check("Date;Quote\n2024-01-03;48,15\n", Format::PortfolioPerformanceCsv, &["2 -"]);
}

#[test]
fn portfolio_performance_xml_follows_references() {
    check(
        r#"<client><version>69</version><baseCurrency>EUR</baseCurrency>
<securities><security><uuid>s1</uuid><name>BASF</name><currencyCode>EUR</currencyCode><isin>DE000BASF111</isin></security>
<security><uuid>s2</uuid><name>Apple</name><currencyCode>USD</currencyCode><isin>US0378331005</isin></security></securities>
<accounts><account><uuid>a1</uuid><name>Main</name><currencyCode>EUR</currencyCode><transactions>
<account-transaction><uuid>t1</uuid><date>2024-01-02T00:00</date><currencyCode>EUR</currencyCode><amount>500000</amount><shares>0</shares><type>DEPOSIT</type></account-transaction>
<account-transaction><uuid>t2</uuid><date>2024-01-03T00:00</date><currencyCode>EUR</currencyCode><amount>96790</amount><security reference="../../../../../securities/security"/>
<crossEntry class="buysell"><portfolio><uuid>p1</uuid><name>Depot</name><referenceAccount reference="../../../../.."/><transactions>
<portfolio-transaction><uuid>t3</uuid><date>2024-01-03T00:00</date><currencyCode>EUR</currencyCode><amount>96790</amount><security reference="../../../../../../../../../securities/security"/>
<crossEntry class="buysell" reference="../../../.."/><shares>2000000000</shares><units><unit type="FEE"><amount currency="EUR" amount="490"/></unit></units><type>BUY</type></portfolio-transaction>
<portfolio-transaction><uuid>t4</uuid><date>2024-01-04T00:00</date><currencyCode>EUR</currencyCode><amount>16500</amount><security reference="../../../../../../../../../securities/security[2]"/>
<shares>100000000</shares><units><unit type="GROSS_VALUE"><amount currency="EUR" amount="16500"/><forex currency="USD" amount="18000"/><exchangeRate>0.9167</exchangeRate></unit></units><type>BUY</type></portfolio-transaction>
</transactions></portfolio><account reference="../../../.."/><accountTransaction reference="../.."/></crossEntry>
<shares>0</shares><type>BUY</type></account-transaction>
</transactions></account></accounts>
<portfolios><portfolio reference="../../accounts/account/transactions/account-transaction[2]/crossEntry/portfolio"/></portfolios></client>"#,
        Format::PortfolioPerformanceXml,
        &[
            "6 -",
            "5 deposit 2024-01-02 5000 EUR",
            "8 buy 2024-01-03 20x48.15 -967.9 EUR",
            "10 fx 2024-01-04 -165 EUR -> 180 USD",
            "10 buy 2024-01-04 1x180 -180 USD",
        ],
    );
}

#[test]
fn wealthfolio() {
    check(
        "date,symbol,instrumentType,quantity,activityType,unitPrice,currency,fee,amount,fxRate,subtype\n\
         2024-01-15,AAPL,EQUITY,10,BUY,180.50,USD,4.95,,,\n\
         2024-02-15,,,1,DEPOSIT,1,USD,0,1000.00,,\n\
         2024-03-01,AAPL,EQUITY,2,DIVIDEND,200,USD,0,,,DRIP\n\
         2024-04-01,AAPL,EQUITY,4,SPLIT,,,,,,\n\
         2024-05-01,$CASH,,,INTEREST,,USD,0,12.50,,\n\
         2024-05-02,AAPL260117C200,OPTION,1,BUY,2,USD,0,,,\n",
        Format::WealthfolioCsv,
        &[
            "2 buy 2024-01-15 10x180.5 -1809.95 USD",
            "3 deposit 2024-02-15 1000 USD",
            "4 dividend 2024-03-01 400 USD",
            "4 buy 2024-03-01 2x200 -400 USD",
            "5 split 2024-04-01 4:1 0 USD",
            "6 interest 2024-05-01 12.5 USD",
            "7 ?",
        ],
    );
    check("date,symbol,quantity,price,currency\n2024-03-31,AAPL,50,171.48,USD\n", Format::WealthfolioCsv, &["2 -"]);
}

#[test]
fn beancount_journal() {
    check(
        "option \"operating_currency\" \"EUR\"\n\
         2024-01-01 open Assets:Main:Cash\n\
         2024-01-01 commodity BAS\n  isin: \"DE000BASF111\"\n\
         2024-01-02 * \"Deposit\"\n  Assets:Main:Cash  5000.00 EUR\n  Equity:Opening\n\
         2024-01-03 * \"Purchase\"\n  Assets:Main:BAS  20 BAS {48.15 EUR}\n  Expenses:Fees  4.90 EUR\n  Assets:Main:Cash\n\
         2024-02-03 * \"Dividend BAS\"\n  Assets:Main:Cash  32.00 EUR\n  Expenses:Taxes:Withholding  18.00 EUR\n  Income:Dividends:BAS  -50.00 EUR\n\
         2024-02-04 * \"Sale\"\n  Assets:Main:BAS  -10 BAS {} @ 50 EUR\n  Assets:Main:Cash  495.10 EUR\n  Expenses:Fees  4.90 EUR\n  Income:Gains\n\
         2024-02-05 * \"Split\"\n  Assets:Main:BAS  -10 BAS {48.15 EUR}\n  Assets:Main:BAS  20 BAS {24.075 EUR}\n\
         2024-02-06 * \"Exchange\"\n  Assets:Main:Cash  -100.00 EUR @@ 110.00 USD\n  Assets:Main:Cash  110.00 USD\n\
         2024-02-07 balance Assets:Main:Cash  1.00 EUR\n\
         2024-02-08 pad Assets:Main:Cash Equity:Opening\n",
        Format::Beancount,
        &[
            "1 -",
            "2 -",
            "3 -",
            "5 deposit 2024-01-02 5000 EUR",
            "8 buy 2024-01-03 20x48.15 -967.9 EUR",
            "12 dividend 2024-02-03 32 EUR",
            "16 sell 2024-02-04 10x50 495.1 EUR",
            "21 split 2024-02-05 2:1 0 EUR",
            "24 fx 2024-02-06 -100 EUR -> 110 USD",
            "27 -",
            "28 !needs_details",
        ],
    );
}

#[test]
fn ofx_in_sgml_and_xml() {
    let sgml = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD\n\
        <INVACCTFROM><BROKERID>b.com<ACCTID>1</INVACCTFROM><INVTRANLIST><DTSTART>20240101<DTEND>20240401\n\
        <BUYSTOCK><INVBUY><INVTRAN><FITID>1<DTTRADE>20240103120000.000[-5:EST]<DTSETTLE>20240105</INVTRAN><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><UNITS>10<UNITPRICE>180<COMMISSION>1<TOTAL>-1801<SUBACCTSEC>CASH<SUBACCTFUND>CASH</INVBUY><BUYTYPE>BUY</BUYSTOCK>\n\
        <SELLSTOCK><INVSELL><INVTRAN><FITID>2<DTTRADE>20240104</INVTRAN><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><UNITS>-2<UNITPRICE>190<TOTAL>380<SUBACCTSEC>CASH<SUBACCTFUND>CASH</INVSELL><SELLTYPE>SELL</SELLSTOCK>\n\
        <INCOME><INVTRAN><FITID>3<DTTRADE>20240204<MEMO>O'Neil & co</INVTRAN><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><INCOMETYPE>DIV<TOTAL>2.04<WITHHOLDING>0.36<SUBACCTSEC>CASH<SUBACCTFUND>CASH</INCOME>\n\
        <REINVEST><INVTRAN><FITID>4<DTTRADE>20240205</INVTRAN><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><INCOMETYPE>DIV<TOTAL>-9.50<SUBACCTSEC>CASH<UNITS>0.05<UNITPRICE>190</REINVEST>\n\
        <SPLIT><INVTRAN><FITID>5<DTTRADE>20240301</INVTRAN><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><SUBACCTSEC>CASH<OLDUNITS>8<NEWUNITS>32<NUMERATOR>4<DENOMINATOR>1</SPLIT>\n\
        <BUYOPT><INVBUY><INVTRAN><FITID>6<DTTRADE>20240302</INVTRAN></INVBUY></BUYOPT>\n\
        <INVBANKTRAN><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240102<TRNAMT>5000<FITID>7<NAME>Bank</STMTTRN><SUBACCTFUND>CASH</INVBANKTRAN>\n\
        </INVTRANLIST><INVPOSLIST><POSSTOCK><INVPOS><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><UNITS>32</INVPOS></POSSTOCK></INVPOSLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>\n";
    check(
        sgml,
        Format::Ofx,
        &[
            "7 buy 2024-01-03 10x180 -1801 USD",
            "8 sell 2024-01-04 2x190 380 USD",
            "9 dividend 2024-02-04 1.68 USD",
            "10 dividend 2024-02-05 9.5 USD",
            "10 buy 2024-02-05 0.05x190 -9.5 USD",
            "11 split 2024-03-01 4:1 0 USD",
            "12 ?",
            "13 deposit 2024-01-02 5000 USD",
            "14 -",
        ],
    );
    check(
        "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\" VERSION=\"211\"?>\n<OFX><INVSTMTRS><CURDEF>USD</CURDEF><INVACCTFROM><ACCTID>1</ACCTID></INVACCTFROM><INVTRANLIST>\n\
         <INVEXPENSE><INVTRAN><FITID>1</FITID><DTTRADE>20240103</DTTRADE></INVTRAN><SECID><UNIQUEID>037833100</UNIQUEID><UNIQUEIDTYPE>CUSIP</UNIQUEIDTYPE></SECID><TOTAL>-3.00</TOTAL></INVEXPENSE>\n\
         <TRANSFER><INVTRAN><FITID>2</FITID><DTTRADE>20240104</DTTRADE></INVTRAN><SECID><UNIQUEID>037833100</UNIQUEID><UNIQUEIDTYPE>CUSIP</UNIQUEIDTYPE></SECID><UNITS>5</UNITS><TFERACTION>IN</TFERACTION><AVGCOSTBASIS>100</AVGCOSTBASIS><DTPURCHASE>20200102</DTPURCHASE></TRANSFER>\n\
         </INVTRANLIST></INVSTMTRS></OFX>",
        Format::Ofx,
        &["3 fee 2024-01-03 -3 USD", "4 !missing_field"],
    );
}

#[test]
fn interactive_brokers_flex() {
    check(
        "<FlexQueryResponse queryName=\"all\" type=\"AF\"><FlexStatements count=\"1\"><FlexStatement accountId=\"U1\" fromDate=\"20240101\" toDate=\"20240401\">\n\
         <AccountInformation accountId=\"U1\" currency=\"EUR\"/>\n\
         <Trades>\n\
         <Trade accountId=\"U1\" currency=\"USD\" fxRateToBase=\"0.92\" assetCategory=\"STK\" symbol=\"AAPL\" isin=\"US0378331005\" transactionID=\"1\" tradeID=\"11\" tradeDate=\"20240103\" buySell=\"BUY\" quantity=\"10\" tradePrice=\"180\" proceeds=\"-1800\" taxes=\"0\" ibCommission=\"-1\" ibCommissionCurrency=\"USD\" netCash=\"-1801\" levelOfDetail=\"EXECUTION\"/>\n\
         <Order accountId=\"U1\" currency=\"USD\" assetCategory=\"STK\" symbol=\"AAPL\" quantity=\"10\" levelOfDetail=\"ORDER\"/>\n\
         <Trade accountId=\"U1\" currency=\"USD\" assetCategory=\"CASH\" symbol=\"EUR.USD\" transactionID=\"2\" tradeDate=\"20240102\" buySell=\"SELL\" quantity=\"-1700\" tradePrice=\"1.1\" proceeds=\"1870\" ibCommission=\"-2\" ibCommissionCurrency=\"EUR\" levelOfDetail=\"EXECUTION\"/>\n\
         <Trade accountId=\"U1\" currency=\"USD\" assetCategory=\"OPT\" symbol=\"AAPL  240419C00200000\" transactionID=\"3\" tradeDate=\"20240104\" buySell=\"BUY\" quantity=\"1\" tradePrice=\"2\" levelOfDetail=\"EXECUTION\"/>\n\
         <Trade accountId=\"U1\" currency=\"USD\" assetCategory=\"STK\" symbol=\"AAPL\" isin=\"US0378331005\" transactionID=\"4\" tradeID=\"14\" tradeDate=\"20240105\" buySell=\"BUY\" quantity=\"1\" tradePrice=\"180\" proceeds=\"-180\" levelOfDetail=\"EXECUTION\"/>\n\
         <Trade accountId=\"U1\" currency=\"USD\" assetCategory=\"STK\" symbol=\"AAPL\" isin=\"US0378331005\" transactionID=\"5\" tradeID=\"15\" origTradeID=\"14\" transactionType=\"TradeCancel\" tradeDate=\"20240105\" buySell=\"BUY (Ca.)\" quantity=\"-1\" tradePrice=\"180\" proceeds=\"180\" levelOfDetail=\"EXECUTION\"/>\n\
         </Trades><CashTransactions>\n\
         <CashTransaction accountId=\"U1\" currency=\"USD\" symbol=\"AAPL\" isin=\"US0378331005\" type=\"Dividends\" amount=\"2.4\" dateTime=\"20240201\" settleDate=\"20240203\" transactionID=\"6\" levelOfDetail=\"DETAIL\"/>\n\
         <CashTransaction accountId=\"U1\" currency=\"USD\" symbol=\"AAPL\" type=\"Dividends\" amount=\"2.4\" settleDate=\"20240203\" levelOfDetail=\"SUMMARY\"/>\n\
         <CashTransaction accountId=\"U1\" currency=\"USD\" symbol=\"AAPL\" isin=\"US0378331005\" type=\"Withholding Tax\" amount=\"-0.36\" settleDate=\"20240203\" transactionID=\"7\" levelOfDetail=\"DETAIL\"/>\n\
         <CashTransaction accountId=\"U1\" currency=\"EUR\" type=\"Deposits/Withdrawals\" amount=\"5000\" settleDate=\"20240101\" transactionID=\"8\" levelOfDetail=\"DETAIL\"/>\n\
         <CashTransaction accountId=\"U1\" currency=\"EUR\" type=\"Something New\" amount=\"1\" settleDate=\"20240101\" transactionID=\"9\" levelOfDetail=\"DETAIL\"/>\n\
         </CashTransactions><CorporateActions>\n\
         <CorporateAction accountId=\"U1\" currency=\"USD\" assetCategory=\"STK\" symbol=\"AAPL\" isin=\"US0378331005\" type=\"FS\" actionDescription=\"AAPL(US0378331005) SPLIT 4 FOR 1\" quantity=\"30\" dateTime=\"20240301;202500\" transactionID=\"10\"/>\n\
         </CorporateActions><OpenPositions>\n<OpenPosition symbol=\"AAPL\"/>\n</OpenPositions></FlexStatement></FlexStatements></FlexQueryResponse>",
        Format::IbkrFlexXml,
        &[
            "4 buy 2024-01-03 10x180 -1801 USD",
            "5 -",
            "6 fx 2024-01-02 -1700 EUR -> 1870 USD",
            "6 fee 2024-01-02 -2 EUR",
            "7 ?",
            "8 -",
            "9 -",
            "11 dividend 2024-02-03 2.4 USD",
            "12 -",
            "13 tax 2024-02-03 -0.36 USD",
            "14 deposit 2024-01-01 5000 EUR",
            "15 !unknown_kind",
            "17 split 2024-03-01 4:1 0 USD",
            "18 -",
        ],
    );
}

#[test]
fn any_csv_through_a_mapping() {
    let text = "Export vom 01.04.2024\n\nBuchung|Was|Papier|Menge|Wert|Gebühr\n03.01.2024|Order gekauft|DE000BASF111|20|-967,90|4,90\n04.01.2024|Geld|||1.000,00|\n";
    let mapping = Mapping::from_json(&json!({
        "fields": {"trade_date": "Buchung", "kind": "Was", "symbol": "Papier", "quantity": "Menge", "net_amount": "Wert", "fees": ["Gebühr"], "currency": {"constant": "EUR"}},
        "kinds": {"Order gekauft": "buy", "Geld": "cash"},
        "options": {"delimiter": "|", "decimal_separator": ",", "date_format": "DD.MM.YYYY"},
    }))
    .expect("a mapping");
    let reading = read(text, Options { mapping: Some(&mapping), ..Options::default() });
    assert_eq!(shown(&reading), ["1 -", "4 buy 2024-01-03 20x48.15 -967.9 EUR", "5 deposit 2024-01-04 1000 EUR"]);
    let wrong = Mapping::from_json(&json!({"fields": {"trade_date": "Buchung", "price": "Kurs"}})).expect("a mapping");
    let reading = read(&text.replace('|', ";"), Options { mapping: Some(&wrong), ..Options::default() });
    assert_eq!(reading.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["mapping_incomplete"]);
}

#[test]
fn securities_that_are_not_certain_are_asked() {
    let row = |code: &str, currency: &str| {
        format!("Trade Date,Side,Symbol,Quantity,Price,Currency\n2024-01-03,Buy,{code},1,10,{currency}\n")
    };
    let question = |code: &str, currency: &str| {
        let reading = read(&row(code, currency), Options::default());
        reading.questions.first().map(|question| (question.key.clone(), question.candidates.len()))
    };
    assert_eq!(question("AAPL", "USD"), None);
    assert_eq!(question("BAS.DE", "EUR"), None);
    assert_eq!(question("US0378331005", "USD"), None);
    // Pence are pounds.
    assert_eq!(question("VOD.L", "GBX"), None);
    assert_eq!(question("VOD.L", "GBP"), None);
    assert_eq!(question("US0378331005", "EUR"), Some(("isin:US0378331005/EUR".to_owned(), 1)));
    assert_eq!(question("XYZ", "USD"), Some(("symbol:XYZ/USD".to_owned(), 0)));
    assert_eq!(question("AAPL plc", "USD"), Some(("symbol:AAPL plc/USD".to_owned(), 1)));
    // What does not look like a symbol is asked even where unknown securities are created.
    let reading = read(&row("<invalid>", "USD"), Options { creates_unknown: true, ..Options::default() });
    assert_eq!((shown(&reading), reading.questions.len()), (vec!["2 !unknown_security".to_owned()], 1));
    let choices = [("symbol:XYZ/USD".to_owned(), Choice::Security(id("XNAS:AAPL")))].into();
    let reading = read(&row("XYZ", "USD"), Options { security_choices: choices, ..Options::default() });
    assert_eq!(shown(&reading), ["2 buy 2024-01-03 1x10 -10 USD"]);
    let choices = [("symbol:XYZ/USD".to_owned(), Choice::Ignore)].into();
    let reading = read(&row("XYZ", "USD"), Options { security_choices: choices, ..Options::default() });
    assert_eq!(shown(&reading), ["2 -"]);
}

#[test]
fn twins_are_two_and_the_same_id_is_one() {
    let header =
        "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Total,Currency (Total),ID\n";
    let row = |id: &str| format!("Market buy,2024-01-03 09:00:00,DE000BASF111,BAS,BASF,1,48.15,EUR,48.15,EUR,{id}\n");
    let keys = |text: &str| -> Vec<String> {
        let reading = read(text, Options::default());
        let drafts = reading.rows.iter().filter(|row| matches!(row.outcome, Outcome::Draft(_)));
        drafts.map(|row| row.row_key.clone()).collect()
    };
    let twins = keys(&format!("{header}{}{}", row(""), row("")));
    assert_eq!(twins.len(), 2);
    assert_ne!(twins[0], twins[1]);
    assert_eq!(keys(&format!("{header}{}{}", row("A"), row("A"))).len(), 1);
    // A longer file begins with the same identities.
    assert_eq!(keys(&format!("{header}{}{}{}", row(""), row(""), row("")))[..2], twins);
}

#[test]
fn what_is_no_file_of_transactions_is_refused_with_a_remedy() {
    for (bytes, code) in [
        (&b""[..], "empty_file"),
        (b"   \n\n", "empty_file"),
        (b"hello world", "unknown_format"),
        (b"{\"a\": 1}", "unknown_format"),
        (b"PK\x03\x04\x00\x00", "bad_character"),
        (b"<OFX><a", "malformed"),
        (b"{\"activities\": [", "malformed"),
        (b"{\"schema\": \"dawsos-export/1\"}", "restores_a_portfolio"),
    ] {
        let reading = formats::read(bytes, &Options::default(), &directory());
        assert_eq!(reading.problems.first().map(|problem| problem.code), Some(code), "{bytes:?}");
        assert_eq!(reading.rows.len(), 0);
    }
    let named = Options { format: Some(Format::SchwabCsv), ..Options::default() };
    let reading = formats::read(b"a,b\n1,2\n", &named, &directory());
    assert_eq!(reading.problems[0].code, "missing_column");
    assert!(reading.problems[0].try_.as_deref().unwrap_or_default().contains("Action"));
}

#[test]
fn encodings_do_not_matter() {
    let text = "Datum;Umsatz;Bezeichnung;Stück;Kurs;Betrag;Währung\n03.01.2024;Kauf;BAS plc;20;48,15;-963,00;EUR\n";
    let latin: Vec<u8> = text.chars().map(|char| u8::try_from(u32::from(char)).expect("latin")).collect();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (bytes, encoding) in [(text.as_bytes().to_vec(), "utf-8"), (latin, "windows-1252"), (utf16, "utf-16le")] {
        let reading = formats::read(&bytes, &Options { creates_unknown: true, ..Options::default() }, &directory());
        assert_eq!((reading.detected.encoding, reading.detected.decimal_separator), (encoding, ","));
        // The name is known, but a name alone is asked.
        assert_eq!(shown(&reading), ["2 !unknown_security"]);
        assert_eq!(reading.questions[0].candidates.len(), 1);
    }
}
