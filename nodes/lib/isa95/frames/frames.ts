import type { Frame } from "../frame";
import { operationsEvent, workAlert } from "./events";
import { operationsCapability, operationsPerformance, operationsSchedule } from "./operations";
import { testResult } from "./quality";
import { equipment, materialLot, physicalAsset } from "./resources";
import { jobResponse, workPerformance } from "./work-performance";
import { jobList, workSchedule } from "./work-schedule";

/** The messages records become, by name. */
export const FRAMES: Readonly<Record<string, Frame>> = {
  SyncPhysicalAsset: physicalAsset,
  SyncEquipment: equipment,
  SyncMaterialLot: materialLot,
  ProcessWorkSchedule: workSchedule("ProcessWorkSchedule"),
  SyncWorkSchedule: workSchedule("SyncWorkSchedule"),
  ChangeWorkSchedule: workSchedule("ChangeWorkSchedule"),
  ProcessJobList: jobList("ProcessJobList"),
  SyncJobList: jobList("SyncJobList"),
  SyncWorkPerformance: workPerformance,
  SyncJobResponse: jobResponse,
  SyncTestResult: testResult,
  SyncWorkAlert: workAlert,
  NotifyOperationsEvent: operationsEvent,
  SyncOperationsPerformance: operationsPerformance,
  SyncOperationsSchedule: operationsSchedule,
  SyncOperationsCapability: operationsCapability,
};
