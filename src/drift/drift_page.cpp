#include "animalctl/drift/drift_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "animalctl/base/time_text.h"
#include "report/figure.h"
#include "report/html_text.h"
#include "report/page_style.h"

namespace animalctl::drift {
namespace {

std::string when(std::int64_t at_ms) {
  return iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(at_ms))).substr(0, 19) + "Z";
}

std::string stretch_text(const Stretch& stretch) {
  if (stretch.answers == 0) return "none";
  return fmt::format("{} answers, {} different pictures, {} to {}", grouped(stretch.answers), grouped(stretch.pictures),
                     when(stretch.from_ms), when(stretch.until_ms));
}

std::string tile(const std::string& name, const std::string& value, const std::string& note) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd>{}</div>", escape_html(name), escape_html(value),
                     note.empty() ? "" : "<dd>" + escape_html(note) + "</dd>");
}

std::string accuracy_tiles(const LiveAccuracy& accuracy) {
  std::string tiles;
  if (accuracy.estimated) {
    tiles += tile("estimated accuracy", percent(*accuracy.estimated, 1),
                  accuracy.estimated_reference ? "reference " + percent(*accuracy.estimated_reference, 1) : "");
  }
  const auto counted = [&](const char* name, std::size_t right, std::size_t all, const Interval& interval) {
    if (all == 0) return;
    tiles +=
        tile(name, percent(static_cast<double>(right) / static_cast<double>(all), 1),
             fmt::format("{} of {}, 95%: {} – {}", right, all, percent(interval.low, 1), percent(interval.high, 1)));
  };
  counted("labelled", accuracy.right, accuracy.labelled, accuracy.interval);
  counted("blind audit", accuracy.audited_right, accuracy.audited, accuracy.audited_interval);
  if (accuracy.validation) tiles += tile("validation", percent(*accuracy.validation, 1), "");
  return tiles;
}

std::string page_header(const DriftReport& report) {
  const auto drifted = std::count_if(report.inputs.begin(), report.inputs.end(),
                                     [](const InputDrift& input) { return input.verdict == Verdict::Drifted; });
  std::string tiles = tile("verdict", std::string(to_string(report.verdict)), report.reason);
  tiles += tile("drifted inputs", fmt::format("{} of {}", drifted, report.inputs.size()), "");
  tiles += accuracy_tiles(report.accuracy);
  std::string windows;
  for (const Stretch& window : report.windows) windows += "<br>Window: " + escape_html(stretch_text(window));
  return fmt::format(
      "<header><h1><bdi>{}</bdi> version {}</h1><p class=\"sub\">Drift report<br>Reference: {}{}</p><dl "
      "class=\"tiles\">{}</dl></header>",
      escape_html(report.model), report.version, escape_html(stretch_text(report.reference)), windows, tiles);
}

std::string window_marks(const InputDrift& input) {
  std::string marks;
  for (const WindowTest& test : input.windows) marks += !test.counted ? "–" : test.drifted ? "●" : "○";
  return marks;
}

std::string input_table(const DriftReport& report) {
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"wide\"><thead><tr><th scope=\"col\">input</th><th "
      "scope=\"col\">verdict</th><th scope=\"col\">windows</th><th scope=\"col\" class=\"number\">reference</th><th "
      "scope=\"col\" class=\"number\">now</th><th scope=\"col\" class=\"number\">effect</th><th scope=\"col\" "
      "class=\"number\">from</th><th scope=\"col\" class=\"number\">PSI</th><th scope=\"col\">test</th></tr></thead>"
      "<tbody>";
  for (const InputDrift& input : report.inputs) {
    const bool drifted = input.verdict == Verdict::Drifted;
    const bool is_class = input.input == "class";
    const auto number = [](const std::string& text) { return "<td class=\"number\">" + text + "</td>"; };
    html +=
        fmt::format("<tr><th scope=\"row\">{}</th><td>{}{}{}</td><td>{}</td>{}{}{}{}{}<td>{}, {}</td></tr>",
                    escape_html(input.input), drifted ? "<span class=\"bad\">" : "", to_string(input.verdict),
                    drifted ? "</span>" : "", window_marks(input), number(is_class ? "–" : fixed(input.reference_mean)),
                    number(is_class ? "–" : fixed(input.current_mean)), number(fixed(input.effect, 3)),
                    number(fixed(input.floor, 2)), number(fixed(input.psi, 3)), escape_html(input.test),
                    escape_html(input.effect_name));
  }
  return html + "</tbody></table></div>";
}

double share_of(std::size_t part, std::size_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

// Shares of a bar each, the reference's as an outline and now as bars.
std::string input_figure(const InputDrift& input) {
  std::size_t before = 0;
  std::size_t now = 0;
  for (const Bar& bar : input.bars) {
    before += bar.reference;
    now += bar.current;
  }
  if (input.bars.empty() || before == 0 || now == 0) return "";
  Series reference{"reference", Mark::Step, {}, {}, {}, 0, false, {}};
  Series current{"now", Mark::Step, {}, {}, {}, 1, false, {}};
  Chart chart{"drift" + input.input, input.input, "", {}, {}, {}};
  double highest = 0;
  for (std::size_t i = 0; i < input.bars.size(); ++i) {
    const Bar& bar = input.bars[i];
    const double x = static_cast<double>(i);
    const double was = share_of(bar.reference, before);
    const double is = share_of(bar.current, now);
    reference.x.push_back(x);
    reference.y.push_back(was);
    current.x.push_back(x);
    current.y.push_back(is);
    highest = std::max({highest, was, is});
    chart.description += fmt::format("{}: {} before, {} now. ", bar.name, percent(was, 1), percent(is, 1));
  }
  const auto count = static_cast<double>(input.bars.size());
  reference.x.push_back(count);
  current.x.push_back(count);
  const bool numbers = input.bars.front().low != input.bars.front().high;
  chart.x = {numbers ? fmt::format("deciles of the reference, {:.3g} to {:.3g}", input.bars.front().low,
                                   input.bars.back().high)
                     : input.bars.front().name + " … " + input.bars.back().name,
             0,
             count,
             Scale::Linear,
             false,
             true};
  chart.y = {"share", 0, std::min(1.0, highest * 1.15), Scale::Linear, true, false};
  chart.series = {std::move(reference), std::move(current)};
  return figure(chart);
}

std::string gallery(const DriftReport& report, const std::vector<Bytes>& thumbnails) {
  std::string html = "<ul class=\"mistakes\">";
  for (std::size_t i = 0; i < report.images.size(); ++i) {
    const DriftedImage& image = report.images[i];
    const std::string name = escape_html(image.frame.empty() ? image.digest.substr(0, 16) : image.frame);
    const bool shown = i < thumbnails.size() && !thumbnails[i].empty();
    const std::string picture = shown ? fmt::format("<img alt=\"{}\" src=\"{}\">", name, jpeg_data_uri(thumbnails[i]))
                                      : "<span class=\"none\">no picture</span>";
    html += fmt::format("<li>{}<span class=\"bad\">{} {:.4g}</span><br>{} {}<bdi title=\"{}\">{}</bdi></li>", picture,
                        escape_html(image.input), image.value, escape_html(image.label), percent(image.confidence, 1),
                        escape_html(image.digest), name);
  }
  return html + "</ul>";
}

std::string page_section(const char* title, const std::string& note, const std::string& body) {
  return fmt::format("<section><h2>{}</h2><p class=\"note\">{}</p>{}</section>\n", title, note, body);
}

}  // namespace

std::string render_drift_page(const DriftReport& report, const std::vector<Bytes>& thumbnails) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
      escape_html(report.model) + " – drift</title><style>";
  html += page_style();
  html += "</style></head>\n<body><main>\n" + page_header(report) + "\n";
  if (!report.inputs.empty()) {
    html += page_section("Inputs",
                         fmt::format("● a window that drifted, ○ one that did not; {} of the last {} must agree.",
                                     report.settings.persistence.needed, report.settings.persistence.windows),
                         input_table(report));
    std::string figures;
    for (const InputDrift& input : report.inputs) figures += input_figure(input);
    html += page_section("Distributions", "Shares of the pictures, now beside the reference.",
                         "<div class=\"grid\">" + figures + "</div>");
  }
  if (!report.images.empty()) {
    html += page_section("Most drifted pictures", "Each with the input that it is furthest out in.",
                         gallery(report, thumbnails));
  }
  return html + "</main></body></html>\n";
}

}  // namespace animalctl::drift
