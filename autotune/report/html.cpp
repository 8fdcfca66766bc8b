// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/report/plots.h"
#include "girih/autotune/report/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace girih::autotune {
namespace {

constexpr std::string_view style = R"(
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 70em;
       padding: 0 1em; color: #222; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child, td.text { text-align: left; }
td.text { font-family: ui-monospace, monospace; font-size: 12px; }
tr.chosen { background: #e6f4ea; } tr.bad { color: #a33; }
.plot { width: 100%; max-width: 640px; font-size: 11px; display: block; }
.plot .grid { stroke: #e4e4e4; } .plot .roof { stroke: #555; stroke-width: 2; }
.plot .best { stroke: #1a73e8; stroke-width: 2; } .plot .step { stroke: #bbb; }
.plot .tuned { fill: #1a73e8; } .plot .default { fill: #f29900; }
.plot .trial { fill: #9aa0a6; fill-opacity: .6; }
.heat td { min-width: 4em; text-align: center; border: 1px solid #fff; }
.key span { padding: 0 .4em; } dt { font-weight: 600; }
@media print { details { display: none; } }
)";

// Draws a heat map of the two axes that the reader chooses.
constexpr std::string_view script = R"js(
function heat(box) {
  const data = JSON.parse(box.querySelector('script').textContent);
  const [rows, columns] = [...box.querySelectorAll('select')].map(s => s.value);
  const values = axis => [...new Set(data.trials.map(t => t.at[axis]))].sort((a, b) => a - b);
  const best = {};
  for (const t of data.trials) {
    const key = t.at[rows] + ' ' + t.at[columns];
    if (!(key in best) || t.us < best[key].us) best[key] = t;
  }
  const all = Object.values(best).map(t => t.us);
  const low = Math.log(Math.min(...all)), high = Math.log(Math.max(...all));
  let text = '<tr><th>' + rows + ' \\ ' + columns + '</th>' +
    values(columns).map(c => '<th>' + c + '</th>').join('') + '</tr>';
  for (const r of values(rows)) {
    text += '<tr><th>' + r + '</th>';
    for (const c of values(columns)) {
      const t = best[r + ' ' + c];
      if (!t) { text += '<td></td>'; continue; }
      const part = high > low ? (Math.log(t.us) - low) / (high - low) : 0;
      text += '<td style="background:hsl(' + (130 - 130 * part).toFixed(0) +
        ' 65% 78%)" title="' + t.config + '">' + t.us.toPrecision(3) + '</td>';
    }
    text += '</tr>';
  }
  box.querySelector('table').innerHTML = text;
}
for (const box of document.querySelectorAll('.heat')) {
  for (const s of box.querySelectorAll('select')) s.onchange = () => heat(box);
  heat(box);
}
)js";

std::string cell(std::string_view text, bool words = false) {
  return fmt::format("<td{}>{}</td>", words ? " class=\"text\"" : "",
                     escaped(text));
}

std::string summary(const Report &report) {
  std::string text =
      "<table id=\"summary\"><tr><th>problem</th><th>tuned</th><th>default"
      "</th><th>gain</th><th>model's first</th><th>tried</th><th>spent</th>"
      "<th>Config</th></tr>\n";
  for (std::size_t at = 0; at < report.results.size(); ++at) {
    const SearchResult &each = report.results[at];
    text +=
        fmt::format("<tr><td><a href=\"#p{}\">{}</a></td>", at,
                    escaped(each.problem.label)) +
        cell(duration_text(each.seconds)) +
        cell(duration_text(each.fallback_seconds)) + cell(gain_text(each)) +
        cell(duration_text(each.model_seconds)) +
        cell(fmt::format("{}/{}", each.trials.size(), each.candidates.size())) +
        cell(fmt::format("{:.1f} s", each.spent_seconds)) +
        cell(each.chosen.to_string(), true) + "</tr>\n";
  }
  return text + "</table>\n";
}

/// The two axes that a reader looks at first: those with most values.
std::vector<std::string> by_values(const SearchResult &result) {
  std::vector<std::pair<std::size_t, std::string>> counted;
  for (const std::string &axis : result.axes) {
    std::vector<std::int64_t> values;
    for (const Trial &each : result.trials)
      values.push_back(axis_value(each.outcome.config, axis));
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    counted.emplace_back(values.size(), axis);
  }
  std::sort(counted.begin(), counted.end(),
            [](const auto &a, const auto &b) { return a.first > b.first; });
  std::vector<std::string> axes;
  for (const auto &[count, axis] : counted)
    axes.push_back(axis);
  return axes;
}

std::string heat_map(const SearchResult &result) {
  const std::vector<std::string> axes = by_values(result);
  nlohmann::json trials = nlohmann::json::array();
  for (const Trial &each : result.trials) {
    if (!each.outcome.measured())
      continue;
    nlohmann::json at;
    for (const std::string &axis : axes)
      at[axis] = axis_value(each.outcome.config, axis);
    trials.push_back({{"at", at},
                      {"us", 1e6 * each.outcome.seconds},
                      {"config", each.outcome.config.to_string()}});
  }
  if (trials.empty() || axes.empty())
    return {};
  const auto choice = [&](std::size_t selected) {
    std::string text = "<select>";
    for (std::size_t at = 0; at < axes.size(); ++at)
      text += fmt::format(
          "<option{}>{}</option>",
          at == std::min(selected, axes.size() - 1) ? " selected" : "",
          escaped(axes[at]));
    return text + "</select>";
  };
  // A block's name has no `<`, so that nothing ends the script early.
  return fmt::format("<div class=\"heat\"><p>Microseconds of the best "
                     "candidate by {} and {}</p><table></table><script "
                     "type=\"application/json\">{}</script></div>\n",
                     choice(0), choice(1),
                     nlohmann::json{{"trials", trials}}.dump());
}

std::string candidates(const SearchResult &result) {
  std::vector<const Trial *> order;
  for (const Trial &each : result.trials)
    order.push_back(&each);
  std::sort(order.begin(), order.end(), [](const Trial *a, const Trial *b) {
    const auto rank = [](const Trial *each) {
      return each->outcome.measured() ? each->outcome.seconds : 1e30;
    };
    return rank(a) < rank(b);
  });
  std::string text =
      "<table class=\"candidates\"><tr><th>Config</th><th>median</th><th>"
      "spread</th><th>runs</th><th>model</th><th>registers</th><th>spilled</th>"
      "<th>shared</th><th>compiled</th><th>note</th></tr>\n";
  for (const Trial *trial : order) {
    const Outcome &each = trial->outcome;
    text +=
        fmt::format("<tr class=\"{}\">", each.config == result.chosen ? "chosen"
                                         : each.measured()            ? ""
                                                                      : "bad") +
        cell(each.config.to_string(), true) +
        cell(duration_text(each.seconds)) +
        cell(fmt::format("{:.1f} %", 100 * each.spread)) +
        cell(std::to_string(each.runs)) +
        cell(duration_text(result.problem.estimate(each.config).seconds)) +
        cell(std::to_string(each.registers)) +
        cell(std::to_string(each.local_bytes)) +
        cell(std::to_string(each.shared_bytes)) +
        cell(duration_text(each.compile_seconds)) +
        cell(each.measured()
                 ? each.note
                 : fmt::format("{}: {}", name(each.status), each.note),
             true) +
        "</tr>\n";
  }
  return text + "</table>\n";
}

std::string dropped(const SearchResult &result) {
  constexpr int most = 1000;
  std::string text;
  int count = 0;
  for (const Candidate &each : result.candidates)
    if (!each.dropped.empty() && ++count <= most)
      text += "<tr>" + cell(each.config.to_string(), true) +
              cell(each.dropped, true) + "</tr>\n";
  if (count == 0)
    return {};
  return fmt::format("<details><summary>{} candidates dropped before "
                     "compiling</summary><p>{}{}</p><table class=\"dropped\">"
                     "<tr><th>Config</th><th>reason</th></tr>\n{}</table>"
                     "</details>\n",
                     count, escaped(reasons_text(result.candidates)),
                     count > most ? fmt::format("; the first {}:", most) : ":",
                     text);
}

std::string problem_part(const SearchResult &result, std::size_t number) {
  const Problem &problem = result.problem;
  return fmt::format(
             "<h2 id=\"p{}\">{}</h2>\n<p>Kernel {} on [{}], dtypes [{}]; {}{}."
             "</p>\n<p>The model of the Config that was chosen: {}</p>\n",
             number, escaped(problem.label), escaped(problem.kernel.name()),
             escaped(problem.shape()), escaped(problem.key.dtypes),
             escaped(result.how), result.finished ? "" : " (interrupted)",
             escaped(problem.estimate(result.chosen).to_string())) +
         best_so_far_plot(result) + heat_map(result) +
         "<details open><summary>Candidates</summary>" + candidates(result) +
         "</details>\n" + dropped(result);
}

} // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char each : text)
    switch (each) {
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '&':
      out += "&amp;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += each;
    }
  return out;
}

std::string html_of(const Report &report) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<title>{}</title>\n<style>{}</style></head>\n<body>\n<h1>{}</h1>\n"
      "<p>{} on {}; compiler {}.<br><code>{}</code></p>\n",
      escaped(report.title), style, escaped(report.title), escaped(report.date),
      escaped(report.device), escaped(report.compiler),
      escaped(report.command));
  text += summary(report);
  if (const std::string plot = roofline_plot(report); !plot.empty())
    text += fmt::format("<h2>Roofline</h2>\n{}<p class=\"key\">Blue: tuned; "
                        "orange: default. {}.</p>\n",
                        plot, escaped(report.roofs.source));
  for (std::size_t at = 0; at < report.results.size(); ++at)
    text += problem_part(report.results[at], at);
  return text + fmt::format("<script>{}</script>\n</body></html>\n", script);
}

} // namespace girih::autotune
