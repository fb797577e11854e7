//===- Report.cpp - What a program uses of its device ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "plmr/Program/MovedObjects.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace plmr;
using llvm::formatv;

static void raise(RouteUse &use, const RouteUse &other) {
  for (auto field : {&RouteUse::colours, &RouteUse::totalColours,
                     &RouteUse::inputQueues, &RouteUse::outputQueues})
    use.*field = std::max(use.*field, other.*field);
}

static unsigned countEngines(llvm::ArrayRef<Instruction> code) {
  unsigned engines = 0;
  for (const Instruction &inst : code)
    if (isVector(inst.opcode) && inst.engine != noOperand)
      engines = std::max(engines, inst.engine + 1u);
  return engines;
}

BudgetUse plmr::getBudgetUse(const Program &program) {
  BudgetUse use;
  use.sramBytes = getSramHighWater(program);
  for (const RouteTable &table : program.routeTables)
    raise(use.routes, getRouteUse(program, table));
  for (const CoreClass &cls : program.classes)
    use.engines = std::max(use.engines, countEngines(cls.code));
  return use;
}

LaunchUse plmr::getLaunchUse(const Program &program, const Launch &launch) {
  LaunchUse use;
  std::set<uint32_t> tables;
  if (!program.routeTables.empty())
    tables.insert(launch.routeTable);
  for (auto [cls, entry] : llvm::zip(program.classes, launch.entry)) {
    // Code of a launch ends at the first halt that is in no condition.
    auto code = llvm::ArrayRef(cls.code).drop_front(entry);
    auto halt = llvm::find_if(code, [](const Instruction &inst) {
      return inst.opcode == Opcode::Halt && inst.predicate == noOperand;
    });
    code = code.take_front(halt - code.begin() + 1);
    use.engines = std::max(use.engines, countEngines(code));
    use.codeBytes =
        std::max<uint64_t>(use.codeBytes, code.size() * sizeof(Instruction));
    for (const Instruction &inst : code)
      if (inst.opcode == Opcode::Epoch)
        tables.insert(inst.imm);
  }
  for (uint32_t table : tables)
    raise(use.routes, getRouteUse(program, program.routeTables[table]));
  return use;
}

std::string plmr::printClock(double hertz) {
  return formatv("{0:F0} MHz", hertz / 1e6);
}

/// The meshes of a model's phases, if they differ.
static std::string printPhases(const Program &program) {
  const Tensor *decode = program.findTensor("x");
  const Tensor *prefill = program.findTensor("prefill.x");
  if (!decode || !prefill || decode->mesh == prefill->mesh)
    return "";
  return formatv(" (prefill {0}, decode {1})",
                 printMesh(program.getMesh(*prefill)),
                 printMesh(program.getMesh(*decode)));
}

std::string plmr::printMesh(const Program &program) {
  return formatv("{0} on {1}{2}", printMesh(program.mesh), program.machine.name,
                 printPhases(program));
}

std::string plmr::getTitle(const ModelInfo &model) {
  return printable(model.name.empty() ? model.architecture : model.name);
}

static std::string printRoutes(const Machine &machine, const RouteUse &use) {
  return formatv("{0} of {1} colours, {2} of {3} input queues, {4} of {5} "
                 "output queues",
                 use.totalColours, machine.getUsableColours(), use.inputQueues,
                 machine.inputQueues, use.outputQueues, machine.outputQueues);
}

std::string plmr::printBudgets(const Program &program) {
  const Machine &machine = program.machine;
  BudgetUse use = getBudgetUse(program);
  uint64_t budget = machine.getUsableSramBytes();
  return formatv(
      "memory: {0} of {1} bytes per core ({2:F1}%)\n"
      "routes: {3}\n"
      "engines: {4} of {5}\n",
      use.sramBytes, budget,
      100.0 * static_cast<double>(use.sramBytes) / static_cast<double>(budget),
      printRoutes(machine, use.routes), use.engines, machine.engines);
}

std::string plmr::printLaunchUse(const Program &program, const Launch &launch) {
  LaunchUse use = getLaunchUse(program, launch);
  return formatv("{0}: {1}, {2} of {3} engines, {4} bytes of code\n",
                 launch.name, printRoutes(program.machine, use.routes),
                 use.engines, program.machine.engines, use.codeBytes);
}

/// Bytes from the first to the last address of the objects of `kind`. Those of
/// scratch share addresses, others lie in groups between which nothing is.
static uint64_t getPartBytes(const Program &program, Object::Kind kind) {
  uint64_t begin = 0, end = 0, bytes = 0;
  for (const Object &object : program.objects) {
    if (object.kind != kind)
      continue;
    if (object.address >= end) {
      bytes += end - begin;
      begin = object.address;
    }
    end = std::max(end, uint64_t(object.address) + object.bytes);
  }
  return bytes + end - begin;
}

std::string plmr::printParts(const Program &program) {
  static constexpr std::pair<Object::Kind, const char *> parts[] = {
      {Object::Kind::Weight, "weights"},  {Object::Kind::State, "caches"},
      {Object::Kind::Input, "inputs"},    {Object::Kind::Output, "outputs"},
      {Object::Kind::Scratch, "buffers"}, {Object::Kind::Table, "constants"},
      {Object::Kind::Code, "code"}};
  auto texts = llvm::map_range(parts, [&](auto part) {
    return formatv("{0} {1}", part.second, getPartBytes(program, part.first))
        .str();
  });
  return "parts: " + llvm::join(texts, ", ") + "\n";
}

/// Where `tensor` is on the mesh `own`, the same tensor on the mesh `other`, if
/// it is moved between the two (plmr-move-objects).
static const Tensor *findMoved(const Program &program, const Tensor &tensor,
                               llvm::StringRef own, llvm::StringRef other) {
  llvm::StringRef name = tensor.name;
  if (!name.consume_front(own) || !isCutAlongBothAxes(tensor.placement))
    return nullptr;
  const Tensor *found = program.findTensor((other + name).str());
  return found && isCutAlongBothAxes(found->placement) ? found : nullptr;
}

namespace {
/// The memory of a stack of layers.
class LayerStack {
public:
  explicit LayerStack(const Program &program) : program(program) {
    for (const Tensor &tensor : program.tensors) {
      if (isStacked(tensor))
        all = tensor.placement.dims.front().getExtent();
      if (const Tensor *source =
              findMoved(program, tensor, "decode.", "prefill."))
        moved.push_back({&tensor, source});
      else if (isStacked(tensor) &&
               !findMoved(program, tensor, "prefill.", "decode."))
        others.push_back(&tensor);
    }
  }

  int64_t getNumLayers() const { return all; }

  /// What `layers` of them take, and moved tensors that have none.
  uint64_t getBytes(int64_t layers) const {
    uint64_t sum = 0;
    for (const Tensor *tensor : others)
      sum += llvm::alignTo(getBytes(*tensor) / all * layers, objectAlignment);
    // Only what has sources says that it is stacked.
    std::vector<MovedObject> objects;
    for (auto [tensor, source] : moved) {
      int64_t slices = isStacked(*source) ? all : 1;
      objects.push_back({isStacked(*source) ? layers : 1,
                         getBytes(*tensor) / slices,
                         getBytes(*source) / slices});
    }
    return sum + placeMovedObjects(objects).end;
  }

private:
  bool isStacked(const Tensor &tensor) const {
    return tensor.stacked ||
           program.objects[tensor.object].kind == Object::Kind::State;
  }
  int64_t getBytes(const Tensor &tensor) const {
    return static_cast<int64_t>(program.objects[tensor.object].bytes);
  }

  const Program &program;
  int64_t all = 0;
  std::vector<const Tensor *> others;
  std::vector<std::pair<const Tensor *, const Tensor *>> moved;
};
} // namespace

std::optional<LayerFit> plmr::getLayerFit(const Program &program) {
  LayerStack stack(program);
  int64_t all = stack.getNumLayers(), fit = all;
  if (all == 0)
    return std::nullopt;
  uint64_t others = getSramHighWater(program) - stack.getBytes(all);
  while (fit > 0 &&
         others + stack.getBytes(fit) > program.machine.getUsableSramBytes())
    --fit;
  return LayerFit{fit, all};
}

std::string plmr::printCount(uint64_t count, llvm::StringRef noun,
                             llvm::StringRef ending) {
  return formatv("{0} {1}{2}", count, noun, count == 1 ? "" : ending);
}

std::string plmr::printContended(unsigned links) {
  return formatv("contended: {0}\n", links ? printCount(links, "link") : "no");
}

std::string plmr::printNames(const Program &program,
                             llvm::ArrayRef<uint32_t> tensors) {
  return llvm::join(llvm::map_range(tensors,
                                    [&](uint32_t i) {
                                      return printable(program.tensors[i].name);
                                    }),
                    ", ");
}

LaunchTotals plmr::sumLaunches(llvm::ArrayRef<LaunchRecord> records,
                               const Machine &machine) {
  LaunchTotals totals;
  uint64_t ticks = 0;
  for (const LaunchRecord &record : records) {
    ++totals.launches;
    totals.tokens += record.count;
    ticks += record.ticks;
  }
  if (ticks == 0)
    return totals;
  totals.cyclesPerToken =
      static_cast<double>(ticks) / machine.ticksPerCycle / totals.tokens;
  totals.tokensPerSecond = machine.clockHz / totals.cyclesPerToken;
  return totals;
}

static Json describeUse(uint64_t used, uint64_t budget) {
  return {{"used", used}, {"budget", budget}};
}

static Json describeObjects(const Program &program) {
  Json objects = Json::array();
  for (const Object &object : program.objects)
    objects.push_back({{"name", object.name},
                       {"kind", stringify(object.kind).str()},
                       {"address", object.address},
                       {"bytes", object.bytes}});
  return objects;
}

static Json describeOperations(const Program &program) {
  Json operations = Json::array();
  for (const OperationInfo &operation : program.operations)
    operations.push_back({{"name", operation.name},
                          {"algorithm", operation.algorithm},
                          {"bytes_per_core", operation.bytesPerCore},
                          {"hops", operation.maxHops},
                          {"colours", operation.colours}});
  return operations;
}

static Json describeChannels(const Program &program) {
  Json channels = Json::array();
  for (const ChannelInfo &channel : program.channels)
    channels.push_back({{"name", channel.name},
                        {"relation", channel.relation},
                        {"hops", channel.maxHops},
                        {"colours", channel.colours}});
  return channels;
}

Json plmr::describeProgram(const Program &program) {
  const Machine &machine = program.machine;
  BudgetUse use = getBudgetUse(program);
  Json report;
  report["device"] = machine.name;
  report["clock_hz"] = machine.clockHz;
  report["mesh"] = {{"columns", program.mesh.columns},
                    {"rows", program.mesh.rows}};
  if (program.model)
    report["model"] = {
        {"name", program.model->name},
        {"architecture", program.model->architecture},
        {"vocab_size", program.model->vocabSize},
        {"embedding_length", program.model->embeddingLength},
        {"context_length", program.model->contextLength},
        {"kv_placement", stringify(program.model->kvPlacement).str()}};
  report["budgets"] = {
      {"sram_bytes", describeUse(use.sramBytes, machine.getUsableSramBytes())},
      {"colours",
       describeUse(use.routes.totalColours, machine.getUsableColours())},
      {"input_queues",
       describeUse(use.routes.inputQueues, machine.inputQueues)},
      {"output_queues",
       describeUse(use.routes.outputQueues, machine.outputQueues)},
      {"engines", describeUse(use.engines, machine.engines)}};
  report["objects"] = describeObjects(program);
  report["operations"] = describeOperations(program);
  report["channels"] = describeChannels(program);
  return report;
}

void plmr::writeReport(const Json &report, llvm::raw_ostream &os) {
  // Names from files may hold bytes that are no text.
  os << report.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}
