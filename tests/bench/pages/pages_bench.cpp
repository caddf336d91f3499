// pages_bench.cpp: what the page of a form costs without HTTP and store: logic, data, HTML.
//   pages_bench examples/loan/loan.yaml examples/loan/records.jsonl
// CPU time of this thread, median of five rounds.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "form/edit.hpp"
#include "form/posted.hpp"
#include "site/texts.hpp"
#include "source/source.hpp"

namespace {

using namespace socle;
using namespace socle::pages;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void measure(const std::string& name, int calls, const std::function<void()>& call) {
  for (int i = 0; i < calls / 10 + 1; ++i) call();
  std::vector<double> rounds;
  for (int round = 0; round < 5; ++round) {
    const double begin = cpu_seconds();
    for (int i = 0; i < calls; ++i) call();
    rounds.push_back((cpu_seconds() - begin) * 1e6 / calls);
  }
  std::sort(rounds.begin(), rounds.end());
  std::printf("pages %-52s %9.2f us (%.2f to %.2f), CPU of one thread, %d calls a round\n", name.c_str(), rounds[2],
              rounds[0], rounds[4], calls);
}

// The content of the page as pages/1 makes it, logic included.
std::string rendered(const Plan& plan, const page::Templates& templates, json::View doc, std::size_t step) {
  forms::Call call;
  call.doc = doc;
  call.now_seconds = 1795257600;
  cel::Arena arena;
  forms::Evaluation evaluation(*plan.form, call, arena);
  if (!evaluation.run()) return {};
  const auto after = json::Document::parse(evaluation.changed() ? evaluation.document() : json::to_text(doc));
  const Faults faults;
  const Candidates candidates;
  const Shown shown{plan, evaluation, after->root(), faults, candidates, messages(), Language::en};
  Editing editing;
  editing.step = step;
  return templates.render("edit", edit_data(shown, editing));
}

std::shared_ptr<const Form> form_of(const std::string& text) {
  const auto source = json::Document::parse(text).value();
  forms::Diagnostics diagnostics;
  return Form::compile(source.root(), diagnostics);
}

std::string sized(const std::string& name, const std::string& html) {
  return name + ", " + std::to_string(html.size()) + " bytes";
}

// Pages that are all of one thing: `count` fields, and a sub-table of `count` rows of three columns.
bool measure_large(const page::Templates& templates, int count) {
  std::string properties, values, rows;
  for (int i = 0; i < count; ++i) {
    const auto name = "\"f" + std::to_string(i) + "\"";
    properties += (i > 0 ? "," : "") + name + R"(:{"type":"integer"})";
    values += (i > 0 ? "," : "") + name + ":" + std::to_string(i);
    rows += (i > 0 ? "," : "") + std::string(R"({"price":"1.50","qty":2,"note":"n"})");
  }
  const auto wide = form_of(R"({"form":"wide","schema":{"type":"object","properties":{)" + properties + "}}}");
  const auto long_one = form_of(
      R"({"form":"long","schema":{"type":"object","properties":{"lines":{"type":"array","items":{"type":"object",)"
      R"("properties":{"price":{"type":"string"},"qty":{"type":"integer"},"note":{"type":"string"}}}}}}})");
  if (!wide || !long_one) return false;
  const auto wide_record = json::Document::parse("{" + values + "}").value();
  const auto long_record = json::Document::parse(R"({"lines":[)" + rows + "]}").value();
  const auto wide_plan = plan_of(wide), long_plan = plan_of(long_one);
  const std::string fields = rendered(*wide_plan, templates, wide_record.root(), 0);
  const std::string lines = rendered(*long_plan, templates, long_record.root(), 0);
  if (fields.empty() || lines.empty()) return false;
  measure(sized(std::to_string(count) + " fields on one page", fields), 50,
          [&] { (void)rendered(*wide_plan, templates, wide_record.root(), 0); });
  measure(sized(std::to_string(count) + " rows of 3 columns", lines), 50,
          [&] { (void)rendered(*long_plan, templates, long_record.root(), 0); });
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: pages_bench MODEL.yaml RECORDS.jsonl\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<models::Diagnostic> problems;
  const auto source = models::Source::read(text.str(), models::Media::yaml, problems);
  if (!source) return 1;
  forms::Diagnostics diagnostics;
  const std::shared_ptr<const Form> form = Form::compile(source->root(), diagnostics);
  std::ifstream lines(argv[2]);
  std::string line;
  std::getline(lines, line);
  const auto record = json::Document::parse(line);
  const auto templates =
      page::Templates::compile({template_sources().begin(), template_sources().end()}, messages(), page::Language::en);
  if (!form || !record || !templates) return 1;
  const auto plan = plan_of(form);
  Plan whole;  // every field of the form on one page
  whole.form = form;
  whole.steps.emplace_back();
  for (const auto& step : plan->steps)
    for (const auto& group : step.groups) whole.steps[0].groups.push_back(group);
  whole.live = true;
  measure(sized("the 42 fields on one page", rendered(whole, *templates, record->root(), 0)), 2000,
          [&] { (void)rendered(whole, *templates, record->root(), 0); });
  measure(sized("one step of four", rendered(*plan, *templates, record->root(), 0)), 2000,
          [&] { (void)rendered(*plan, *templates, record->root(), 0); });
  measure("plan of the form", 2000, [&] { (void)plan_of(form); });
  return measure_large(*templates, 1000) ? 0 : 1;
}
