// answers.cpp: see the header.
#include "service/answers.hpp"

#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::rules {
namespace {

using json::Writer;

void write(Writer& out, const Diagnostics& diagnostics) {
  out.key("diagnostics").begin_array();
  for (const auto& one : diagnostics.all()) {
    out.begin_object().member("pointer", std::string_view(one.pointer));
    if (one.offset) out.member("offset", *one.offset);
    out.member("code", one.code)
        .member("message", std::string_view(one.message))
        .member("severity", to_string(one.severity));
    out.end_object();
  }
  out.end_array();
}
void write(Writer& out, std::string_view key, const std::vector<FieldError>& errors) {
  out.key(key).begin_array();
  for (const auto& error : errors)
    out.begin_object()
        .member("pointer", std::string_view(error.pointer))
        .member("code", std::string_view(error.code))
        .member("message", std::string_view(error.message))
        .end_object();
  out.end_array();
}
void write(Writer& out, const TestReport& report) {
  out.member("passed", report.tests.size() - report.failed()).member("failed", report.failed());
  out.key("tests").begin_array();
  for (const auto& test : report.tests) {
    out.begin_object().member("name", std::string_view(test.name)).member("passed", test.passed);
    if (!test.passed)
      out.member("message", std::string_view(test.message)).member("pointer", std::string_view(test.pointer));
    out.end_object();
  }
  out.end_array();
}
// A JSON text as a value of what is being written; nothing of one that is none.
void write_text(Writer& out, std::string_view key, std::string_view text) {
  const auto document = json::Document::parse(text);
  if (document) out.key(key).value(document->root());
}

}  // namespace

std::string compile_answer(const Diagnostics& diagnostics, json::View source, const TestReport& tests) {
  std::string text;
  Writer out(text);
  out.begin_object();
  write(out, diagnostics);
  if (const auto schema = source.find("input"); schema.is_object() || schema.is_boolean())
    out.key("schema").value(schema);
  out.key("tests").begin_object();
  write(out, tests);
  out.end_object().end_object();
  return text;
}

std::string evaluate_answer(const Outcome& outcome, std::string_view version) {
  // The output is JSON text already: nothing is parsed to be written again.
  std::string text = "{\"output\":" + outcome.output;
  if (!outcome.warnings.empty()) {
    std::string warnings;
    Writer out(warnings);
    out.begin_object();
    write(out, "warnings", outcome.warnings);
    out.end_object();
    text += "," + warnings.substr(1, warnings.size() - 2);
  }
  if (!outcome.trace.empty()) text += ",\"trace\":" + outcome.trace;
  text += ",\"version\":";
  json::append_quoted(text, version);
  return text + "}";
}

std::string fault_fields(const Outcome& outcome) {
  std::string text;
  Writer out(text);
  out.begin_array();
  for (const auto& error : outcome.errors)
    out.begin_object()
        .member("pointer", std::string_view(error.pointer))
        .member("code", std::string_view(error.code))
        .member("message", std::string_view(error.message))
        .end_object();
  if (outcome.errors.empty() && outcome.fault)
    out.begin_object()
        .member("pointer", std::string_view(outcome.fault->pointer))
        .member("code", std::string_view(outcome.fault->code))
        .member("message", std::string_view(outcome.fault->message))
        .end_object();
  out.end_array();
  return text;
}

std::string fault_members(const Outcome& outcome) {
  if (outcome.trace.empty()) return fault_fields(outcome);
  return "{\"errors\":" + fault_fields(outcome) + ",\"trace\":" + outcome.trace + "}";
}

std::string test_answer(const TestReport& report, std::string_view version) {
  std::string text;
  Writer out(text);
  out.begin_object().member("version", version);
  write(out, report);
  out.end_object();
  return text;
}

std::string dry_run_answer(const DryRun& run, std::string_view from, std::string_view to) {
  std::string text;
  Writer out(text);
  out.begin_object().member("from", from).member("to", to).member("records", run.records).member("same", run.same);
  out.member("faults_before", run.faults_before).member("faults_after", run.faults_after);
  out.key("changed").begin_array();
  for (const auto& changed : run.changed) {
    out.begin_object().member("record", changed.record).key("differences").begin_array();
    for (const auto& one : changed.differences) {
      out.begin_object().member("pointer", std::string_view(one.pointer));
      write_text(out, "before", one.before);
      write_text(out, "after", one.after);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array().end_object();
  return text;
}

std::string import_answer(const Diagnostics& diagnostics, std::string_view source) {
  std::string text;
  Writer out(text);
  out.begin_object();
  if (!source.empty()) write_text(out, "source", source);
  write(out, diagnostics);
  out.end_object();
  return text;
}

std::string user_text(std::string_view principal, std::string_view claims) {
  std::string text;
  Writer out(text);
  out.begin_object().member("id", principal);
  if (const auto document = json::Document::parse(claims); !claims.empty() && document)
    for (const auto [key, value] : document->root().members())
      if (key != "id") out.key(key).value(value);
  out.end_object();
  return text;
}

std::string tenant_text(std::string_view tenant) {
  std::string text;
  Writer(text).begin_object().member("id", tenant).end_object();
  return text;
}

}  // namespace socle::rules
