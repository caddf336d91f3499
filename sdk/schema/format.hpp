// format.hpp: the values of `format` that 2020-12 and its predecessors define, as predicates on text. Pure functions,
// no allocation except for idn-*, iri hosts and regex; any thread. Each names its RFC where it is defined.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace socle::schema {

enum class Format : std::uint8_t {
  date,
  time,
  date_time,
  duration,
  email,
  idn_email,
  hostname,
  idn_hostname,
  ipv4,
  ipv6,
  uri,
  uri_reference,
  iri,
  iri_reference,
  uri_template,
  uuid,
  json_pointer,
  relative_json_pointer,
  regex,
};

// Nothing for a name that the standard does not define: such formats accept everything.
std::optional<Format> find_format(std::string_view name);
std::string_view to_string(Format format);
// REQUIRES: text is UTF-8
bool matches_format(Format format, std::string_view text);

// format_time.cpp (RFC 3339; duration: its appendix A)
bool is_date(std::string_view text);
bool is_time(std::string_view text);
bool is_date_time(std::string_view text);
bool is_duration(std::string_view text);
// format_net.cpp (RFC 2673, 4291, 1123, 5321, 6531, 9562)
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);
bool is_hostname(std::string_view text);
bool is_email(std::string_view text);
bool is_idn_email(std::string_view text);
bool is_uuid(std::string_view text);
// format_uri.cpp (RFC 3986, 3987, 6570, 6901)
bool is_uri(std::string_view text, bool international, bool reference);
bool is_uri_template(std::string_view text);
bool is_json_pointer(std::string_view text);
bool is_relative_json_pointer(std::string_view text);
// idna.cpp (RFC 5890-5893)
bool is_idn_hostname(std::string_view text);
// A label of a plain host name that starts with "xn--" must be a valid A-label.
bool is_a_label(std::string_view label);

}  // namespace socle::schema
