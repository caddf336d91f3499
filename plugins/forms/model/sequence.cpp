// sequence.cpp: see the header.
#include "model/sequence.hpp"

#include "socle/cel/time.hpp"

namespace socle::forms {
namespace {

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string out = std::to_string(number);
  return out.size() >= digits ? out : std::string(digits - out.size(), '0') + out;
}

}  // namespace

Result<Sequence> Sequence::parse(std::string_view pattern) {
  const auto wrong = [whole = pattern](std::string_view why) {
    return Error{Code::invalid, "sequence '" + std::string(whole.substr(0, 60)) + "': " + std::string(why) +
                                    "; wanted for example LN-{year}-{000000}"};
  };
  if (pattern.empty() || pattern.size() > 60) return wrong("a pattern has 1 to 60 characters");
  Sequence out;
  while (!pattern.empty()) {
    const auto open = pattern.find('{');
    if (open != 0) {
      out.pieces_.push_back({Part::text, std::string(pattern.substr(0, open))});
      if (open == std::string_view::npos) break;
      pattern.remove_prefix(open);
    }
    const auto close = pattern.find('}');
    if (close == std::string_view::npos) return wrong("a { has no }");
    const auto word = pattern.substr(1, close - 1);
    pattern.remove_prefix(close + 1);
    if (word == "year" || word == "month" || word == "day") {
      out.pieces_.push_back({word == "year" ? Part::year : word == "month" ? Part::month : Part::day, {}});
    } else if (!word.empty() && word.size() <= 18 && word.find_first_not_of('0') == std::string_view::npos) {
      if (out.digits_ != 0) return wrong("there is more than one number");
      out.digits_ = word.size();
      out.pieces_.push_back({Part::number, {}});
    } else {
      return wrong("'{" + std::string(word) + "}' is none of {year}, {month}, {day} and {000}");
    }
  }
  if (out.digits_ == 0) return wrong("there is no number");
  return out;
}

std::string Sequence::filled(std::int64_t unix_seconds, const std::string& number) const {
  const auto now = cel::civil_of_seconds(unix_seconds);
  std::string out;
  for (const auto& piece : pieces_) {
    switch (piece.part) {
      case Part::text: out += piece.text; break;
      case Part::year: out += padded(static_cast<std::uint64_t>(now.year), 4); break;
      case Part::month: out += padded(now.month, 2); break;
      case Part::day: out += padded(now.day, 2); break;
      case Part::number: out += number; break;
    }
  }
  return out;
}

std::string Sequence::period(std::int64_t unix_seconds) const { return filled(unix_seconds, "#"); }

std::string Sequence::text(std::int64_t unix_seconds, std::uint64_t number) const {
  return filled(unix_seconds, padded(number, digits_));
}

}  // namespace socle::forms
