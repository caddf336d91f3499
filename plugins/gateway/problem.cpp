// problem.cpp: see problem.hpp.
#include "problem.hpp"

#include <socle/abi.h>

#include "target.hpp"

namespace socle::gateway {

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return status < 400 ? "OK" : "Error";
  }
}

unsigned http_status_of(std::int32_t status) {
  switch (status) {
    case SOCLE_OK: return 200;
    case SOCLE_INVALID: return 400;
    case SOCLE_UNAUTHENTICATED: return 401;
    case SOCLE_DENIED: return 403;
    case SOCLE_NOT_FOUND: return 404;
    case SOCLE_CONFLICT: return 409;
    case SOCLE_PRECONDITION: return 412;
    case SOCLE_TOO_LARGE: return 413;
    case SOCLE_UNSUPPORTED: return 415;
    case SOCLE_EXHAUSTED: return 429;
    case SOCLE_UNAVAILABLE:
    case SOCLE_CANCELLED: return 503;
    case SOCLE_DEADLINE: return 504;
    case SOCLE_STORAGE_FULL: return 507;
    default: return 500;
  }
}

std::string_view code_of(std::int32_t status) {
  switch (status) {
    case SOCLE_INVALID: return "invalid";
    case SOCLE_UNAUTHENTICATED: return "unauthenticated";
    case SOCLE_DENIED: return "denied";
    case SOCLE_NOT_FOUND: return "not_found";
    case SOCLE_CONFLICT: return "conflict";
    case SOCLE_PRECONDITION: return "precondition_failed";
    case SOCLE_TOO_LARGE: return "too_large";
    case SOCLE_UNSUPPORTED: return "unsupported";
    case SOCLE_EXHAUSTED: return "exhausted";
    case SOCLE_UNAVAILABLE: return "unavailable";
    case SOCLE_DEADLINE: return "deadline_exceeded";
    case SOCLE_CANCELLED: return "cancelled";
    case SOCLE_STORAGE_FULL: return "storage_full";
    case SOCLE_DATA_LOSS: return "data_loss";
    default: return "internal";
  }
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  const bool utf8 = valid_utf8(text);
  out.push_back('"');
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    } else if (byte >= 0x80 && !utf8) {
      out.append("\xef\xbf\xbd");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

Refusal refusal_of(std::int32_t status, std::string_view detail) {
  return {static_cast<std::uint16_t>(http_status_of(status)), code_of(status), detail};
}

void write_problem(const Problem& problem, std::string_view type_base, std::string& out) {
  out.assign("{\"type\":");
  append_json_string(out, std::string(type_base).append(problem.code));
  out.append(",\"title\":");
  append_json_string(out, reason_of(problem.status));
  out.append(",\"status\":").append(std::to_string(problem.status)).append(",\"detail\":");
  append_json_string(out, problem.detail);
  out.append(",\"code\":");
  append_json_string(out, problem.code);
  out.append(",\"trace_id\":");
  append_json_string(out, problem.trace_id);
  if (!problem.errors.empty()) out.append(",\"errors\":").append(problem.errors);
  if (problem.members.size() > 2) out.append(",").append(problem.members.substr(1, problem.members.size() - 2));
  out.push_back('}');
}

}  // namespace socle::gateway
