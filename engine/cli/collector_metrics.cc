#include "engine/cli/collector_metrics.h"

#include <array>

#include <fmt/format.h>

#include "engine/live/control/prometheus_text.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

struct AccountRow {
  std::string_view name, type, help;
  std::uint64_t flow::Account::*number;
};
// What can go down again is a gauge.
constexpr std::array kAccountRows{
    AccountRow{"weir_exporter_messages_total", "counter", "Messages of the exporter and domain.",
               &flow::Account::messages},
    AccountRow{"weir_exporter_bytes_total", "counter", "Bytes of its messages.", &flow::Account::bytes},
    AccountRow{"weir_exporter_records_total", "counter", "Records of flows.", &flow::Account::records},
    AccountRow{"weir_exporter_options_total", "counter", "Records of options data.", &flow::Account::options},
    AccountRow{
        "weir_exporter_lost", "gauge",
        "Messages, flows or records, as the protocol counts, that did not arrive; late ones are given back.",
        &flow::Account::lost},
    AccountRow{"weir_exporter_no_template", "gauge", "Sets that wait for their template, or had to go.",
               &flow::Account::no_template},
    AccountRow{"weir_exporter_malformed_total", "counter",
               "Messages, sets, templates and records that are not what the protocol says.",
               &flow::Account::malformed},
    AccountRow{"weir_exporter_over_limit_total", "counter",
               "Messages, sets, templates, options and samples that there was no room for.",
               &flow::Account::over_limit}};

struct NamedAccount {
  std::string exporter, domain;
  flow::Account account;
};

void add_accounts(PrometheusText& page, const Collector& collector) {
  std::vector<NamedAccount> accounts;
  std::uint64_t all = 0;
  collector.for_each_account(
      [&](const IpAddress& exporter, std::optional<std::uint32_t> domain, const flow::Account& account) {
        ++all;
        if (accounts.size() < kMaxMetricAccounts)
          accounts.push_back(
              {output::exporter_name(exporter), domain ? fmt::format("{}", *domain) : "", account});
      });
  for (const AccountRow& row : kAccountRows) {
    page.family(row.name, row.type, row.help);
    for (const NamedAccount& a : accounts)
      page.sample({{"exporter", a.exporter}, {"domain", a.domain}}, a.account.*row.number);
  }
  page.family("weir_exporter_clock_offset_seconds", "gauge",
              "How far its clock was ahead of ours with the last message.");
  for (const NamedAccount& a : accounts)
    if (a.account.last_message != 0)
      page.sample({{"exporter", a.exporter}, {"domain", a.domain}},
                  static_cast<double>(a.account.clock_offset_us) / 1e6);
  page.family("weir_exporters_left_out", "gauge", "Exporters and domains that this page has no room for.");
  page.sample({}, all - accounts.size());
}

void add_number(PrometheusText& page, std::string_view name, std::string_view type, std::string_view help,
                std::uint64_t number) {
  page.family(name, type, help);
  page.sample({}, number);
}

void add_clickhouse(PrometheusText& page, const output::clickhouse::InserterCounters& c) {
  add_number(page, "weir_clickhouse_records_total", "counter", "Records inserted into ClickHouse.",
             c.records);
  add_number(page, "weir_clickhouse_records_lost_total", "counter",
             "Records that ClickHouse did not take and that there was no room to keep.", c.records_lost);
  add_number(page, "weir_clickhouse_records_unsure_total", "counter",
             "Records that may be in ClickHouse twice.", c.records_unsure);
  add_number(page, "weir_clickhouse_failures_total", "counter", "Insertions that have to be made again.",
             c.failures);
  add_number(page, "weir_clickhouse_buffered_batches", "gauge", "Batches that wait on disk.",
             c.buffered_batches);
  add_number(page, "weir_clickhouse_buffered_bytes", "gauge", "Bytes of them.", c.buffered_bytes);
}

}  // namespace

std::string collector_page(const Collector& collector, const RecordJudge* judge,
                           const output::ClickHouseOutput* clickhouse, const ExportInputs& inputs) {
  PrometheusText page;
  const CollectorTotals totals = collector.totals();
  const StreamCounts streams = inputs.stream_counts();
  add_number(page, "weir_collect_datagrams_total", "counter", "Datagrams and messages of streams.",
             totals.datagrams);
  add_number(page, "weir_collect_refused_total", "counter", "Of them, from others than the allowed.",
             totals.refused);
  add_number(page, "weir_collect_kernel_drops_total", "counter", "Datagrams that the system had no room for.",
             inputs.dropped());
  add_number(page, "weir_collect_records_written_total", "counter", "Records written to the store.",
             totals.records_written);
  add_number(page, "weir_collect_records_lost_total", "counter",
             "Records that could not be written to the store.", totals.records_lost);
  add_number(page, "weir_collect_connections", "gauge", "Exporters that are connected.",
             inputs.connections());
  page.family("weir_collect_connections_total", "counter", "Connections, by what became of them.");
  page.sample({{"outcome", "accepted"}}, streams.accepted);
  page.sample({{"outcome", "refused"}}, streams.refused);
  page.sample({{"outcome", "timed_out"}}, streams.timed_out);
  page.sample({{"outcome", "broken"}}, streams.broken);
  if (judge != nullptr)
    add_number(page, "weir_collect_alerts_total", "counter", "Alerts of indicators and rules.",
               judge->alerts());
  if (clickhouse != nullptr) add_clickhouse(page, clickhouse->counters());
  add_accounts(page, collector);
  return page.take();
}

}  // namespace weir::engine
