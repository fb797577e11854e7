//===- TileToCore.cpp - From tiles to a program of the cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Selector.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/PLMR/Transforms/Budget.h"
#include "plmr/Target/Program/Program.h"
#include <functional>

namespace plmr {
#define GEN_PASS_DEF_CONVERTTILETOCORE
#include "plmr/Conversion/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

namespace {
/// A GGUF type that the importer lets through.
struct SourceType {
  StringRef name;
  uint32_t id;
  int64_t blockElements, blockBytes;
};
} // namespace

static constexpr SourceType sourceTypes[] = {{"F32", 0, 1, 4},
                                             {"F16", 1, 1, 2},
                                             {"BF16", 30, 1, 2},
                                             {"Q8_0", 8, 32, 34},
                                             {"Q4_0", 2, 32, 18}};

LogicalResult Selector::addSources(mesh::ObjectOp object, Tensor &tensor) {
  if (!object.getSources())
    return success();
  int64_t elements = object.getValueType().getTensor().getNumElements();
  for (Attribute attr : object.getSourcesAttr()) {
    DataSource &source = tensor.sources.emplace_back();
    if (auto table = dyn_cast<llm::RopeTableAttr>(attr)) {
      source.name = tensor.name;
      source.table =
          RopeTable{table.getSine(), static_cast<uint32_t>(table.getStride()),
                    static_cast<uint32_t>(table.getPairs()),
                    table.getBase().getValueAsDouble()};
      continue;
    }
    auto stored = dyn_cast<llm::SourceAttr>(attr);
    if (!stored)
      return object.emitOpError("expected sources of the llm dialect but got ")
             << attr;
    source.file = noData;
    if (std::string file = object.getFile()->str(); !file.empty()) {
      auto known = llvm::find(program.files, file);
      source.file = known - program.files.begin();
      if (known == program.files.end())
        program.files.push_back(file);
    }
    const SourceType *type =
        llvm::find_if(sourceTypes, [&](const SourceType &candidate) {
          return candidate.name == stored.getType();
        });
    source.name = stored.getName().str();
    source.offset = stored.getOffset();
    source.type = type->id;
    source.bytes = elements / type->blockElements * type->blockBytes;
  }
  tensor.stacked = object.getStacked();
  if (object.getTransposed())
    tensor.sourceOrder = {1, 0};
  return success();
}

void Selector::addObject(StringRef name, Object::Kind kind, uint64_t address,
                         uint64_t bytes) {
  ranges.push_back({address, bytes});
  program.objects.push_back({name.str(), kind, static_cast<uint32_t>(address),
                             static_cast<uint32_t>(bytes)});
}

/// Bytes of a tile or buffer.
static uint64_t getBytes(ShapedType type) {
  return uint64_t(type.getNumElements()) * type.getElementTypeBitWidth() / 8;
}

LogicalResult Selector::addObjects() {
  std::multimap<int64_t, mesh::ObjectOp> byAddress;
  for (auto object : module.getOps<mesh::ObjectOp>()) {
    auto address = object->getAttrOfType<IntegerAttr>(addressAttrName);
    if (!address)
      return object.emitOpError(
          "expected an address; plmr-plan-memory sets it");
    byAddress.insert({address.getInt(), object});
  }
  // Those of two meshes may lie among each other.
  for (auto [address, object] : byAddress) {
    auto type = object.getPlacedType();
    MeshShape part = mesh::lookupMesh(object).getShape();
    RankedTensorType tile = type.getTileType(part);
    objects[object.getSymName()] = program.objects.size();
    Tensor tensor;
    tensor.name = object.getSymName().str();
    tensor.type = *mesh::getElementType(tile.getElementType());
    tensor.placement = type.getHostPlacement();
    tensor.object = program.objects.size();
    if (object.getMesh())
      tensor.mesh = part;
    addObject(tensor.name, static_cast<Object::Kind>(object.getKind()), address,
              getBytes(tile));
    if (failed(addSources(object, tensor)))
      return failure();
    program.tensors.push_back(std::move(tensor));
  }
  return success();
}

void Selector::addScratch() {
  // Buffers at one address share an object of the largest size, those of all
  // functions: they do not run at the same time.
  struct Scratch {
    std::string name;
    uint64_t bytes = 0;
  };
  std::map<int64_t, Scratch> byAddress;
  module.walk([&](memref::AllocOp alloc) {
    auto address = alloc->getAttrOfType<IntegerAttr>(addressAttrName);
    if (!address)
      return;
    Scratch &shared = byAddress[address.getInt()];
    shared.bytes = std::max(shared.bytes, getBytes(alloc.getType()));
    if (!shared.name.empty())
      return;
    auto loc = dyn_cast<NameLoc>(alloc.getLoc());
    shared.name = loc ? loc.getName().str() : "buffer";
  });
  for (auto &[address, shared] : byAddress) {
    scratch[address] = program.objects.size();
    addObject(shared.name, Object::Kind::Scratch, address, shared.bytes);
  }
}

//===----------------------------------------------------------------------===//
// Routes
//===----------------------------------------------------------------------===//

namespace {
/// Routes of the routers of a line: all lines of an axis have the same.
using LineRoutes = std::vector<std::vector<Route>>;
} // namespace

static void addRoute(std::vector<Route> &routes, uint8_t colour, Port input,
                     uint8_t outputs) {
  for (Route &route : routes)
    if (route.colour == colour) {
      route.outputs |= outputs;
      return;
    }
  routes.push_back({colour, input, outputs});
}

static uint8_t getBit(Port port) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(port));
}

/// Routes of `flow`: outward from the source, through and into every
/// destination on the way.
static void addFlow(const Flow &flow, uint8_t colour, Axis axis,
                    LineRoutes &routers) {
  Port up = axis == Axis::X ? Port::East : Port::South;
  Port down = getOpposite(up);
  for (bool ascending : {false, true}) {
    unsigned last = ascending ? flow.getEnd() : flow.getBegin();
    if (last == flow.source)
      continue;
    Port out = ascending ? up : down;
    addRoute(routers[flow.source], colour, Port::Ramp, getBit(out));
    for (unsigned core = flow.source; core != last;) {
      core += ascending ? 1 : -1;
      uint8_t outputs = core == last ? 0 : getBit(out);
      if (llvm::is_contained(flow.destinations, core))
        outputs |= getBit(Port::Ramp);
      addRoute(routers[core], colour, getOpposite(out), outputs);
    }
  }
}

/// True if `channel` is in table `epoch` of the launch `func`.
static bool isInTable(mesh::ChannelOp channel, func::FuncOp func,
                      int64_t epoch) {
  if (!channel.getLaunch())
    return true;
  return *channel.getLaunch() == func.getSymName() &&
         static_cast<int64_t>(channel.getEpoch()) == epoch;
}

/// Route tables that `func` goes through.
static int64_t countTables(func::FuncOp func) {
  int64_t count = 1;
  func.walk([&](mesh::EpochOp op) {
    count = std::max<int64_t>(count, op.getTable() + 1);
  });
  return count;
}

/// `part` is the mesh of the channel's launch.
static ChannelInfo addChannel(mesh::ChannelOp channel, MeshShape part,
                              LineRoutes (&lines)[2]) {
  Relation relation = channel.getRelation().getRelation();
  auto flows = relation.getFlows(part.getExtent(relation.axis));
  ChannelInfo info{channel.getSymName().str(), relation.print(), {}, 0};
  for (auto [flow, colour] : llvm::zip(flows, *channel.getColours())) {
    info.maxHops = std::max(info.maxHops, flow.getHops());
    info.colours.push_back(static_cast<unsigned>(colour));
    addFlow(flow, static_cast<uint8_t>(colour), relation.axis,
            lines[static_cast<unsigned>(relation.axis)]);
  }
  llvm::sort(info.colours);
  info.colours.erase(llvm::unique(info.colours), info.colours.end());
  return info;
}

/// For each router of a line the first one that has the same routes.
static std::vector<size_t> findEqualRouters(LineRoutes &routers) {
  std::vector<size_t> first;
  for (std::vector<Route> &routes : routers) {
    llvm::sort(routes, [](const Route &a, const Route &b) {
      return a.colour < b.colour;
    });
    first.push_back(llvm::find(routers, routes) - routers.begin());
  }
  return first;
}

/// A router of `part` has the routes of its place in its row and in its column,
/// others have none. Axes share no colours, so equal routers have equal places.
static RouteTable makeRouteTable(MeshShape mesh, MeshShape part,
                                 LineRoutes (&lines)[2]) {
  std::vector<size_t> columns = findEqualRouters(lines[0]);
  std::vector<size_t> rows = findEqualRouters(lines[1]);
  RouteTable table;
  std::map<std::pair<size_t, size_t>, uint16_t> known;
  std::optional<uint16_t> outside;
  for (unsigned y = 0; y != mesh.rows; ++y)
    for (unsigned x = 0; x != mesh.columns; ++x) {
      if (x >= part.columns || y >= part.rows) {
        if (!outside) {
          outside = table.classes.size();
          table.classes.emplace_back();
        }
        table.classOf.push_back(*outside);
        continue;
      }
      size_t row = rows[y], column = columns[x];
      auto [entry, isNew] =
          known.try_emplace({column, row}, table.classes.size());
      table.classOf.push_back(entry->second);
      if (!isNew)
        continue;
      std::vector<Route> &routes = table.classes.emplace_back();
      std::merge(
          lines[0][column].begin(), lines[0][column].end(),
          lines[1][row].begin(), lines[1][row].end(),
          std::back_inserter(routes),
          [](const Route &a, const Route &b) { return a.colour < b.colour; });
    }
  return table;
}

void Selector::addRoutes(func::FuncOp func) {
  firstTable = program.routeTables.size();
  MeshShape part = mesh::lookupMesh(func).getShape();
  for (int64_t epoch = 0, count = countTables(func); epoch != count; ++epoch) {
    LineRoutes lines[] = {LineRoutes(part.columns), LineRoutes(part.rows)};
    for (auto channel : module.getOps<mesh::ChannelOp>()) {
      if (!isInTable(channel, func, epoch))
        continue;
      ChannelInfo info = addChannel(channel, part, lines);
      if (!llvm::is_contained(program.channels, info))
        program.channels.push_back(std::move(info));
    }
    program.routeTables.push_back(makeRouteTable(mesh, part, lines));
  }
}

LogicalResult Selector::selectEpoch(mesh::EpochOp op) {
  if (condition.getUniform() != 1)
    return op.emitOpError("expected no condition: all cores take part");
  emit(Opcode::Epoch).imm = static_cast<int32_t>(firstTable + op.getTable());
  return success();
}

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

void Selector::addReports(func::FuncOp func) {
  struct Report {
    llvm::SetVector<Value> buffers;
    llvm::SetVector<StringRef> channels;
  };
  llvm::MapVector<StringAttr, Report> reports;
  func.walk([&](Operation *op) {
    auto name = op->getAttrOfType<StringAttr>(operationAttrName);
    if (!name)
      return;
    Report &report = reports[name];
    Value buffer = op->getOperand(0);
    while (Operation *view = buffer.getDefiningOp()) {
      if (view->getNumOperands() == 0 ||
          !isa<MemRefType>(view->getOperand(0).getType()))
        break;
      buffer = view->getOperand(0);
    }
    report.buffers.insert(buffer);
    for (NamedAttribute attr : op->getAttrs())
      if (auto symbol = dyn_cast<FlatSymbolRefAttr>(attr.getValue()))
        report.channels.insert(symbol.getValue());
  });
  for (auto &[name, report] : reports) {
    OperationInfo info{name.str(), "", 0, 0, {}};
    for (Value buffer : report.buffers)
      info.bytesPerCore += getBytes(cast<MemRefType>(buffer.getType()));
    SmallVector<StringRef> relations;
    for (StringRef channel : report.channels)
      for (const ChannelInfo &known : program.channels)
        if (known.name == channel) {
          info.maxHops = std::max(info.maxHops, known.maxHops);
          llvm::append_range(info.colours, known.colours);
          relations.push_back(known.name);
        }
    info.algorithm = llvm::join(relations, ", ");
    llvm::sort(info.colours);
    info.colours.erase(llvm::unique(info.colours), info.colours.end());
    program.operations.push_back(std::move(info));
  }
}

void Selector::addLaunch(func::FuncOp func, uint32_t entry) {
  Launch launch;
  launch.name = func.getSymName().str();
  if (auto names = func->getAttrOfType<ArrayAttr>(parametersAttrName))
    for (Attribute name : names)
      launch.parameters.push_back(cast<StringAttr>(name).str());
  launch.entry = {entry};
  launch.routeTable = firstTable;
  auto addTensors = [&](StringRef attribute, Object::Kind kind,
                        std::vector<uint32_t> &tensors) {
    // Objects and tensors have the same numbers. A function that does not
    // say what is its own has all.
    if (auto symbols = func->getAttrOfType<ArrayAttr>(attribute)) {
      for (Attribute symbol : symbols)
        tensors.push_back(
            objects.lookup(cast<FlatSymbolRefAttr>(symbol).getValue()));
      return;
    }
    for (auto [i, tensor] : llvm::enumerate(program.tensors))
      if (program.objects[tensor.object].kind == kind)
        tensors.push_back(i);
  };
  addTensors(inputsAttrName, Object::Kind::Input, launch.inputs);
  addTensors(outputsAttrName, Object::Kind::Output, launch.outputs);
  program.launches.push_back(std::move(launch));
}

LogicalResult Selector::checkMemory(uint64_t need) {
  const Machine &machine = program.machine;
  uint64_t budget = machine.getUsableSramBytes();
  if (need <= budget)
    return success();
  std::optional<Machine> device =
      findRoomierDevice(need, std::mem_fn(&Machine::getUsableSramBytes));
  func::FuncOp func = *module.getOps<func::FuncOp>().begin();
  InFlightDiagnostic diag =
      func.emitError("expected at most ")
      << budget << " bytes per core, what " << machine.name
      << " has, but the program needs " << need << " on a mesh of "
      << mesh.columns << "x" << mesh.rows << "; a larger mesh"
      << (device ? " or the device '" + device->name + "'" : "") << " would do";
  setBudget(diag, Budget::Memory);
  auto owners = llvm::to_vector(llvm::seq<size_t>(0, ranges.size()));
  llvm::sort(owners, [&](size_t i, size_t j) {
    const Range &a = ranges[i], &b = ranges[j];
    return std::pair(b.bytes, a.address) < std::pair(a.bytes, b.address);
  });
  for (size_t owner : ArrayRef(owners).take_front(5))
    diag.attachNote() << "'" << program.objects[owner].name << "' ("
                      << stringify(program.objects[owner].kind)
                      << "): " << ranges[owner].bytes << " bytes";
  return diag;
}

LogicalResult Selector::finish() {
  uint64_t end = 0;
  for (const Range &range : ranges)
    end = std::max(end, range.address + range.bytes);
  auto append = [&](StringRef name, Object::Kind kind, uint64_t bytes) {
    end = (end + 15) / 16 * 16;
    addObject(name, kind, end, bytes);
    end += bytes;
  };
  if (!program.constants.empty())
    append("constants", Object::Kind::Table, 4 * program.constants.size());
  append("code", Object::Kind::Code, sizeof(Instruction) * code.size());
  if (failed(checkMemory(end)))
    return failure();
  program.classes.push_back({"all", std::move(code), std::move(locations)});
  return success();
}

LogicalResult Selector::selectFunction(func::FuncOp func) {
  addRoutes(func);
  taken = 1;
  forgetDescriptors();
  auto entry = static_cast<uint32_t>(code.size());
  for (BlockArgument argument : func.getArguments())
    scalars[argument] = Scalar::inRegister(allocateRegister());
  if (failed(selectBlock(func.getBody().front())))
    return failure();
  current = func.getLoc();
  emit(Opcode::Halt);
  addReports(func);
  addLaunch(func, entry);
  return success();
}

FailureOr<Program> Selector::run() {
  if (failed(addObjects()))
    return failure();
  addScratch();
  for (auto func : module.getOps<func::FuncOp>())
    if (failed(selectFunction(func)))
      return failure();
  if (failed(finish()))
    return failure();
  return std::move(program);
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
struct ConvertTileToCore
    : plmr::impl::ConvertTileToCoreBase<ConvertTileToCore> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    mesh::MeshOp meshOp = mesh::lookupMesh(module);
    auto funcs = llvm::to_vector(module.getOps<func::FuncOp>());
    if (!meshOp || funcs.empty()) {
      module.emitOpError("expected a plmr.mesh and a function");
      return signalPassFailure();
    }
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine))
      return signalPassFailure();
    FailureOr<Program> program = Selector(module, meshOp, *machine).run();
    if (failed(program))
      return signalPassFailure();
    if (llvm::Error error = verifyProgram(*program)) {
      funcs[0].emitError(llvm::toString(std::move(error)));
      return signalPassFailure();
    }
    OwningOpRef<ModuleOp> core = importProgram(*program, &getContext());
    if (!core)
      return signalPassFailure();
    module.getBody()->clear();
    module.getBody()->getOperations().splice(module.getBody()->end(),
                                             core->getBody()->getOperations());
  }
};
} // namespace
