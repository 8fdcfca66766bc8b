// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/report/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace girih::autotune {
namespace {

constexpr double width = 640, height = 340, left = 70, right = 20, top = 16,
                 bottom = 44;

/// Numbers to pixels along one axis.
struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;

  double part(double value) const {
    if (logarithmic)
      return (std::log10(value) - std::log10(low)) /
             (std::log10(high) - std::log10(low));
    return (value - low) / (high - low);
  }
  /// Where lines of the grid are.
  std::vector<double> marks() const {
    std::vector<double> all;
    // Within a decade as on a line, within two 1, 2 and 5 of each.
    if (logarithmic && high > 10 * low) {
      const bool few = high < 100 * low;
      for (double ten = std::pow(10, std::floor(std::log10(low))); ten <= high;
           ten *= 10)
        for (const double part : {1.0, 2.0, 5.0})
          if ((few || part == 1) && part * ten >= low * 0.9999 &&
              part * ten <= high * 1.0001)
            all.push_back(part * ten);
      return all;
    }
    const double raw = (high - low) / 5;
    const double unit = std::pow(10, std::floor(std::log10(raw)));
    const double step = raw > 5 * unit   ? 10 * unit
                        : raw > 2 * unit ? 5 * unit
                                         : 2 * unit;
    for (double each = std::ceil(low / step) * step; each <= high * 1.0001;
         each += step)
      all.push_back(each);
    return all;
  }
};

std::string short_number(double value) {
  if (value >= 1e12)
    return fmt::format("{:.3g}T", value / 1e12);
  if (value >= 1e9)
    return fmt::format("{:.3g}G", value / 1e9);
  if (value >= 1e6)
    return fmt::format("{:.3g}M", value / 1e6);
  return fmt::format("{:.3g}", value);
}

class Plot {
public:
  Plot(Axis x, Axis y, std::string_view x_name, std::string_view y_name)
      : x_(x), y_(y) {
    body_ = fmt::format("<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {} "
                        "{}\" xmlns=\"http://www.w3.org/2000/svg\">\n",
                        width, height);
    for (const double mark : x_.marks()) {
      line({mark, y_.low}, {mark, y_.high}, "grid");
      text(at_x(mark), height - bottom + 16, short_number(mark), "middle");
    }
    for (const double mark : y_.marks()) {
      line({x_.low, mark}, {x_.high, mark}, "grid");
      text(left - 6, at_y(mark) + 4, short_number(mark), "end");
    }
    text((left + width - right) / 2, height - 8, x_name, "middle");
    body_ += fmt::format("<text transform=\"translate(14 {}) rotate(-90)\" "
                         "text-anchor=\"middle\">{}</text>\n",
                         (top + height - bottom) / 2, escaped(y_name));
  }

  struct Point {
    double x, y;
  };
  void line(Point from, Point to, std::string_view kind) {
    body_ +=
        fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" "
                    "x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                    kind, at_x(from.x), at_y(from.y), at_x(to.x), at_y(to.y));
  }
  void dot(Point at, std::string_view kind, std::string_view title) {
    body_ += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" "
                         "r=\"4\"><title>{}</title></circle>\n",
                         kind, at_x(at.x), at_y(at.y), escaped(title));
  }
  std::string finish() { return body_ + "</svg>\n"; }

private:
  double at_x(double value) const {
    return left + std::clamp(x_.part(value), 0.0, 1.0) * (width - left - right);
  }
  double at_y(double value) const {
    return height - bottom -
           std::clamp(y_.part(value), 0.0, 1.0) * (height - top - bottom);
  }
  void text(double x, double y, std::string_view words,
            std::string_view anchor) {
    body_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
        anchor, escaped(words));
  }

  Axis x_, y_;
  std::string body_;
};

/// A range that holds all values, and some room.
struct Range {
  double low = 1e300, high = 0;
  void add(double value) {
    if (value > 0) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  Axis logarithmic() const { return {low / 2, high * 2, true}; }
};

} // namespace

std::string roofline_plot(const Report &report) {
  Range intensity, rate;
  for (const SearchResult &each : report.results) {
    if (each.problem.flops <= 0 || each.seconds <= 0)
      continue;
    intensity.add(each.problem.flops / each.problem.bytes);
    rate.add(each.problem.flops / each.seconds);
    if (each.fallback_seconds > 0)
      rate.add(each.problem.flops / each.fallback_seconds);
  }
  if (rate.high == 0)
    return {};
  const Roofs &roofs = report.roofs;
  rate.add(roofs.flops_per_second);
  const Axis x = intensity.logarithmic(), y = rate.logarithmic();
  Plot plot(x, y, "operations a byte", "operations a second");
  const double ridge = roofs.bytes_per_second > 0
                           ? roofs.flops_per_second / roofs.bytes_per_second
                           : 0;
  if (roofs.flops_per_second > 0)
    plot.line({std::clamp(ridge, x.low, x.high), roofs.flops_per_second},
              {x.high, roofs.flops_per_second}, "roof");
  if (roofs.bytes_per_second > 0) {
    const double begin = std::max(x.low, y.low / roofs.bytes_per_second),
                 end = std::min({ridge > 0 ? ridge : x.high, x.high,
                                 y.high / roofs.bytes_per_second});
    if (begin < end)
      plot.line({begin, begin * roofs.bytes_per_second},
                {end, end * roofs.bytes_per_second}, "roof");
  }
  for (const SearchResult &each : report.results) {
    if (each.problem.flops <= 0 || each.seconds <= 0)
      continue;
    const double at = each.problem.flops / each.problem.bytes,
                 tuned = each.problem.flops / each.seconds;
    if (each.fallback_seconds > 0) {
      const double before = each.problem.flops / each.fallback_seconds;
      plot.line({at, before}, {at, tuned}, "step");
      plot.dot({at, before}, "default", each.problem.label + ", default");
    }
    plot.dot({at, tuned}, "tuned", each.problem.label + ", tuned");
  }
  return plot.finish();
}

std::string best_so_far_plot(const SearchResult &result) {
  double best = 0, slowest = 0, end = 0;
  for (const Trial &each : result.trials) {
    if (!each.outcome.measured())
      continue;
    end = std::max(end, each.at_seconds);
    slowest = std::max(slowest, each.outcome.seconds);
    best =
        best == 0 ? each.outcome.seconds : std::min(best, each.outcome.seconds);
  }
  if (best == 0)
    return {};
  const Axis x{0, std::max(end, 1e-3) * 1.05},
      y{best * 1e6 / 1.3, slowest * 1e6 * 1.3, true};
  Plot plot(x, y, "seconds of the search", "microseconds of a launch");
  double so_far = 0, since = 0;
  for (const Trial &each : result.trials) {
    if (!each.outcome.measured())
      continue;
    const double value = 1e6 * each.outcome.seconds;
    plot.dot({each.at_seconds, value}, "trial",
             each.outcome.config.to_string() + ": " +
                 duration_text(each.outcome.seconds));
    if (so_far > 0 && value >= so_far)
      continue;
    if (so_far > 0) {
      plot.line({since, so_far}, {each.at_seconds, so_far}, "best");
      plot.line({each.at_seconds, so_far}, {each.at_seconds, value}, "best");
    }
    so_far = value;
    since = each.at_seconds;
  }
  plot.line({since, so_far}, {x.high, so_far}, "best");
  return plot.finish();
}

} // namespace girih::autotune
