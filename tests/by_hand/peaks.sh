#!/bin/bash
# Reads to peaks by the bare tools, typed one after another: peaks.sh KIND GENOME FOLDER TREATMENT [CONTROL]
#
# KIND: atac (pairs), chip (single-end, with FRAGMENT in the environment) or pairs. TREATMENT, CONTROL: FASTQ files of one
# library, mates joined by a comma. Leaves FOLDER/peaks.bed. Nothing of the workflow is used.
set -euo pipefail
kind=$1 genome=$2 folder=$3 treatment=$4 control=${5:-}
mkdir -p "$folder"
zcat -f "$genome" > "$folder/genome.fa"
samtools faidx "$folder/genome.fa"
bowtie2-build --quiet "$folder/genome.fa" "$folder/index"
size=$(grep -v '>' "$folder/genome.fa" | tr -d 'Nn\n' | wc -c)

align() { # NAME FILES
    local name=$folder/$1 first=${2%%,*} second=${2#*,}
    if [ "$first" != "$second" ]; then
        fastp --in1 "$first" --in2 "$second" --detect_adapter_for_pe --out1 "$name.1.fq" --out2 "$name.2.fq" \
            --json "$name.json" --html "$name.html" 2> "$name.fastp.log"
        bowtie2 --very-sensitive --maxins 2000 -x "$folder/index" -1 "$name.1.fq" -2 "$name.2.fq" > "$name.sam" 2> "$name.log"
        keep='-f 2'
    else
        fastp --in1 "$first" --out1 "$name.1.fq" --json "$name.json" --html "$name.html" 2> "$name.fastp.log"
        bowtie2 --very-sensitive -x "$folder/index" -U "$name.1.fq" > "$name.sam" 2> "$name.log"
        keep=''
    fi
    samtools fixmate -m "$name.sam" "$name.fixed.bam"
    samtools sort -o "$name.sorted.bam" "$name.fixed.bam"
    samtools markdup "$name.sorted.bam" "$name.marked.bam"
    # shellcheck disable=SC2086
    samtools view -b -F 1804 $keep -q 30 "$name.marked.bam" > "$name.first.bam"
    if [ -n "$keep" ]; then # both mates must pass
        samtools view "$name.first.bam" | cut -f1 | sort | uniq -d > "$name.whole"
        samtools view -b -N "$name.whole" "$name.first.bam" > "$name.bam"
    else
        mv "$name.first.bam" "$name.bam"
    fi
}

align treatment "$treatment"
if [ -n "$control" ]; then align control "$control"; fi
against=(${control:+-c "$folder/control.bam"})
common=(-g "$size" --keep-dup all -q 0.01 -n hand --outdir "$folder")
case $kind in
atac)
    bedtools bamtobed -i "$folder/treatment.bam" |
        awk -v OFS='\t' '$6 == "+" {$2 += 4} $6 == "-" {$3 -= 5} {print}' > "$folder/cuts.bed"
    macs2 callpeak -t "$folder/cuts.bed" -f BED --nomodel --shift -75 --extsize 150 --call-summits "${common[@]}"
    ;;
chip) macs2 callpeak -t "$folder/treatment.bam" "${against[@]}" -f BAM --nomodel --extsize "$FRAGMENT" "${common[@]}" ;;
pairs) macs2 callpeak -t "$folder/treatment.bam" "${against[@]}" -f BAMPE "${common[@]}" ;;
esac 2> "$folder/macs2.log"
cut -f1-3 "$folder/hand_peaks.narrowPeak" | sort -k1,1 -k2,2n | bedtools merge > "$folder/peaks.bed"
