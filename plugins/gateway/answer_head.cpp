// answer_head.cpp: the text of an answer's head, from what the gateway decides and what the reply's meta asks for.
#include "exchange.hpp"

#include "ascii.hpp"
#include "problem.hpp"

namespace socle::gateway {

namespace {

constexpr std::string_view header_prefix = "http.header.";

// Framing and connection are the gateway's alone; the others it writes itself from their own meta keys.
bool reserved(std::string_view name) {
  for (std::string_view r : {"connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer",
                             "te", "date", "traceparent", "x-request-id", "proxy-connection"}) {
    if (ascii::same(name, r)) return true;
  }
  return false;
}

bool valid_value(std::string_view v) { return ascii::all(v, ascii::field_text); }

void line(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.append(name).append(value).append("\r\n");
}

}  // namespace

ReplyMeta read_reply_meta(const socle_payload* payload) {
  ReplyMeta meta;
  if (!payload) return meta;
  for (std::uint32_t i = 0; i < payload->meta_count; ++i) {
    const std::string_view key = view(payload->meta[i].key);
    const std::string_view value = view(payload->meta[i].value);
    bool header = true;
    if (key == "http.status") {
      if (value.size() == 3 && ascii::all(value, ascii::digit)) {
        meta.http_status = static_cast<unsigned>((value[0] - '0') * 100 + (value[1] - '0') * 10 + value[2] - '0');
      }
      if (meta.http_status < 200 || meta.http_status > 599) meta.bad_header = true;
    } else if (key == "etag") {
      meta.etag = value;
    } else if (key == "location") {
      meta.location = value;
    } else if (key == "content-type") {
      meta.content_type = value;
    } else if (key == "cache-control") {
      meta.cache_control = value;
    } else if (key == "retry-after") {
      meta.retry_after = value;
    } else if (key == "last-modified") {
      meta.last_modified = value;
    } else if (key.substr(0, header_prefix.size()) == header_prefix) {
      const std::string_view name = key.substr(header_prefix.size());
      if (name.empty() || !ascii::all(name, ascii::token) || reserved(name)) meta.bad_header = true;
    } else {
      header = false;
      if (key == "code") meta.code = value;
      if (key == "message") meta.message = value;
      if (key == "stream.next") meta.stream_next = value;
      if (key == "stream.cursor") meta.stream_cursor = value;
    }
    if (header && !valid_value(value)) meta.bad_header = true;
  }
  return meta;
}

void write_answer_head(const AnswerHead& answer, std::string_view date, Exchange& exchange) {
  std::string& out = exchange.out_head;
  const char digits[] = {static_cast<char>('0' + answer.status / 100), static_cast<char>('0' + answer.status / 10 % 10),
                         static_cast<char>('0' + answer.status % 10), ' '};
  out.assign("HTTP/1.1 ").append(digits, sizeof digits).append(reason_of(answer.status)).append("\r\n");
  out.append(date);
  line(out, "Content-Type: ", answer.content_type);
  if (answer.chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (answer.has_length) {
    out.append("Content-Length: ").append(std::to_string(answer.length)).append("\r\n");
  }
  line(out, "Allow: ", answer.allow);
  if (answer.status == 401 && !answer.reply) line(out, "WWW-Authenticate: ", "Bearer");
  const bool later = answer.status == 429 || answer.status == 503;
  if (later && (!answer.meta || answer.meta->retry_after.empty())) line(out, "Retry-After: ", "1");
  if (answer.meta) {
    line(out, "ETag: ", answer.meta->etag);
    line(out, "Location: ", answer.meta->location);
    line(out, "Cache-Control: ", answer.meta->cache_control);
    line(out, "Retry-After: ", answer.meta->retry_after);
    line(out, "Last-Modified: ", answer.meta->last_modified);
  }
  if (answer.reply) {
    for (std::uint32_t i = 0; i < answer.reply->meta_count; ++i) {
      const std::string_view key = view(answer.reply->meta[i].key);
      if (key.substr(0, header_prefix.size()) != header_prefix) continue;
      out.append(key.substr(header_prefix.size()))
          .append(": ")
          .append(view(answer.reply->meta[i].value))
          .append("\r\n");
    }
  }
  out.append(exchange.rate_lines);
  out.append("traceparent: 00-").append(exchange.trace_hex).append(1, '-');
  append_hex(out, exchange.context ? exchange.context->span_id : exchange.trace.own.data(), 8);
  out.append((exchange.trace.flags & 1) ? "-01\r\n" : "-00\r\n");
  out.append("X-Request-ID: ").append(exchange.request_id).append("\r\n");
  if (!exchange.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (exchange.head.framing.minor == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

}  // namespace socle::gateway
